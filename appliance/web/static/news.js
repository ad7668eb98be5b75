// The box's news. The browser reconnects an event stream by itself, but gives up on some errors and does not
// notice a line that died silently; both are looked after here.

const SILENCE_MS = 12000;
const PAUSE_MS = 1500;

export function listen({ onTakes, onSnapshot, onLost }) {
  let source = null;
  let watch = 0;

  const alive = () => {
    clearTimeout(watch);
    watch = setTimeout(again, SILENCE_MS);
  };
  const close = () => {
    clearTimeout(watch);
    source?.close();
    source = null;
  };
  const again = () => {
    close();
    onLost();
    watch = setTimeout(open, PAUSE_MS);
  };
  const open = () => {
    close();
    if (document.hidden) return; // a hidden page gives its connection back to the others
    source = new EventSource("/api/events");
    source.addEventListener("takes", (event) => { alive(); onTakes(JSON.parse(event.data)); });
    source.addEventListener("snapshot", (event) => { alive(); onSnapshot(JSON.parse(event.data)); });
    source.addEventListener("heartbeat", alive);
    source.addEventListener("error", again);
    alive();
  };
  document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
  open();
}
