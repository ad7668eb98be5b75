#!/bin/sh
# The lights (lines 0 to 2) and the button (line 3, which a resistor pulls up) of the board "bench".
set -eu
modprobe gpio-sim
mountpoint -q /sys/kernel/config || mount -t configfs none /sys/kernel/config
chip=/sys/kernel/config/gpio-sim/panel
mkdir -p $chip/bank0
echo 4 > $chip/bank0/num_lines
echo twinreel-bench > $chip/bank0/label
echo 1 > $chip/live
echo pull-up | tee /sys/devices/platform/gpio-sim.0/gpiochip*/sim_gpio3/pull > /dev/null
udevadm settle
