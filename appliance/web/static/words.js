// Everything that is said on the page: the texts of the locale, and numbers as a person would say them.

const texts = JSON.parse(document.getElementById("texts").textContent);
const locale = document.documentElement.lang === "en" ? "en-GB" : document.documentElement.lang;

// t("fact.room_of", {time: "5 min"}); a missing text shows its own key, so that it is noticed.
export function t(key, values = {}) {
  const found = key.split(".").reduce((table, part) => table?.[part], texts);
  if (typeof found !== "string") return key;
  return found.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

export function bytes(count) {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let unit = 0;
  while (count >= 1000 && unit < units.length - 1) { count /= 1000; unit += 1; }
  return `${count.toFixed(unit > 2 && count < 100 ? 1 : 0)} ${units[unit]}`;
}

export function minutes(count) {
  const whole = Math.floor(count);
  if (whole < 1) return "less than a minute";
  if (whole < 60) return `${whole} min`;
  return `${Math.floor(whole / 60)} h ${String(whole % 60).padStart(2, "0")} min`;
}

export function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return (parts[0] ? parts : parts.slice(1)).map((part) => String(part).padStart(2, "0")).join(":");
}

export function remaining(seconds) {
  if (seconds < 60) return `${Math.max(5, Math.ceil(seconds / 5) * 5)} seconds`;
  const whole = Math.ceil(seconds / 60);
  return whole < 60 ? `${whole} minute${whole === 1 ? "" : "s"}` : minutes(whole);
}

export function date(iso) {
  const moment = new Date(iso);
  if (Number.isNaN(moment.getTime())) return iso;
  return new Intl.DateTimeFormat(locale, { dateStyle: "long", timeStyle: "short" }).format(moment);
}

export function level(dbfs) {
  return dbfs <= -89 ? t("device.silent") : `${dbfs.toFixed(0).replace("-", "−")} dBFS`;
}
