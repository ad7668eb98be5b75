#!/bin/sh
# A GPIO chip of 164 lines; nobody presses the button, whose line a resistor pulls up.
set -eu
modprobe gpio-sim
mountpoint -q /sys/kernel/config || mount -t configfs none /sys/kernel/config
chip=/sys/kernel/config/gpio-sim/panel
mkdir -p $chip/bank0
echo 164 > $chip/bank0/num_lines
echo tegra234-gpio > $chip/bank0/label
echo 1 > $chip/live
echo pull-up | tee /sys/devices/platform/gpio-sim.0/gpiochip*/sim_gpio105/pull > /dev/null
