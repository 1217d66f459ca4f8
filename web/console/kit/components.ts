import '@awesome.me/webawesome/dist/components/badge/badge.js';
import '@awesome.me/webawesome/dist/components/button/button.js';
import '@awesome.me/webawesome/dist/components/callout/callout.js';
import '@awesome.me/webawesome/dist/components/checkbox/checkbox.js';
import '@awesome.me/webawesome/dist/components/dialog/dialog.js';
import '@awesome.me/webawesome/dist/components/icon/icon.js';
import '@awesome.me/webawesome/dist/components/input/input.js';
import '@awesome.me/webawesome/dist/components/option/option.js';
import '@awesome.me/webawesome/dist/components/select/select.js';
import '@awesome.me/webawesome/dist/components/spinner/spinner.js';
import '@awesome.me/webawesome/dist/translations/id.js';
import { registerIconLibrary } from '@awesome.me/webawesome/dist/components/icon/library.js';
import { sprite } from 'virtual:icons';

/**
 * All icons are in one file of ours: the library would fetch its own from elsewhere or out of data addresses, and parse them as
 * markup, which the pages' policy refuses. Its own components ask `system` for theirs.
 */
const OURS = {
  resolver: (name: string) => `${sprite}#${name}`,
  spriteSheet: true,
  // Without its own box an icon is 300 px wide.
  mutator: (svg: SVGElement) => svg.setAttribute('viewBox', '0 0 24 24'),
};

registerIconLibrary('default', OURS);
registerIconLibrary('system', OURS);
