import { type Language, languageOf, textsIn } from '../texts/language.js';

/** A choice stays for a year, in seconds; the server reads it before the next page is sent. */
const REMEMBERED_FOR = 365 * 24 * 60 * 60;

/**
 * Changes the language in place, so that nothing typed is lost. Without a script the links do it by a request.
 *
 * @param changed told of every choice
 */
export function switchLanguage(changed: (language: Language) => void): void {
  const nav = document.querySelector('footer nav');
  const links = [...(nav?.querySelectorAll('a') ?? [])];
  nav?.addEventListener('click', (event) => {
    const link = (event.target as Element).closest('a');
    if (link === null || event.defaultPrevented) return;
    event.preventDefault();
    const language = languageOf(link.lang);
    rememberLanguage(language);
    document.documentElement.lang = language;
    nav.setAttribute('aria-label', textsIn(language).languageNav);
    for (const each of links) {
      if (each === link) each.setAttribute('aria-current', 'true');
      else each.removeAttribute('aria-current');
    }
    // A `?lang=` that the page was opened with would win over the choice at the next load.
    const query = new URLSearchParams(location.search);
    query.delete('lang');
    const rest = query.toString();
    history.replaceState(history.state, '', rest === '' ? location.pathname : `${location.pathname}?${rest}`);
    changed(language);
  });
}

/** Keeps a choice of language; the server reads it before the next page is sent. */
export function rememberLanguage(language: Language): void {
  const secure = location.protocol === 'https:' ? '; Secure' : '';
  document.cookie = `masuk-lang=${language}; Path=/; Max-Age=${REMEMBERED_FOR}; SameSite=Lax${secure}`;
}

/** `Masuk · SiKesKoja`: the step, then whose page it is. */
export function titlePage(step: string): void {
  const name = document.querySelector('.brand h1')?.textContent ?? '';
  document.title = `${step} · ${name}`;
}
