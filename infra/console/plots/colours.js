/** Colours of the page for what is drawn on a canvas. */
export function plotColours() {
  // light-dark() is only resolved in a property that takes a colour.
  const probe = document.createElement('span');
  document.body.append(probe);
  const resolve = (name) => {
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;
  };
  const colours = {
    text: resolve('--quiet'),
    line: resolve('--line'),
    strokes: ['--plot-1', '--plot-2', '--plot-3', '--plot-4'].map(resolve),
  };
  probe.remove();
  return colours;
}

/** Calls `listener` when the user goes from light to dark or back; the returned function ends it. */
export function onSchemeChange(listener) {
  const dark = matchMedia('(prefers-color-scheme: dark)');
  dark.addEventListener('change', listener);
  return () => dark.removeEventListener('change', listener);
}
