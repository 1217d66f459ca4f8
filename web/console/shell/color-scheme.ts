const KEPT = 'masuk-console-scheme';

const system = matchMedia('(prefers-color-scheme: dark)');

export const isDark = (): boolean => (localStorage.getItem(KEPT) ?? (system.matches ? 'dark' : 'light')) === 'dark';

function draw(): void {
  document.documentElement.classList.toggle('wa-dark', isDark());
  document.documentElement.classList.toggle('wa-light', !isDark());
}

/** Draws in the colours that the person chose, else in the system's, until the signal aborts. */
export function followScheme(changed: () => void, signal: AbortSignal): void {
  draw();
  const follow = () => {
    draw();
    changed();
  };
  system.addEventListener('change', follow, { signal });
}

export function switchScheme(): void {
  localStorage.setItem(KEPT, isDark() ? 'light' : 'dark');
  draw();
}
