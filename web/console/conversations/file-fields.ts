import { html, type TemplateResult } from 'lit';
import type { Values } from '../kit/console-dialog.js';
import type { ConsoleTexts } from '../texts/texts.js';

type Kind = 'image' | 'video' | 'audio' | 'document';

const KINDS: readonly Kind[] = ['document', 'image', 'video', 'audio'];

/** A file, by where it lies. */
export function fileFields(values: Values, { conversations }: ConsoleTexts): TemplateResult {
  return html`<wa-select name="kind" label=${conversations.fileKind} .value=${values['kind'] ?? 'document'}>
      ${KINDS.map((kind) => html`<wa-option value=${kind}>${conversations.kinds[kind]}</wa-option>`)}
    </wa-select>
    <wa-input
      name="url"
      type="url"
      label=${conversations.fileUrl}
      required
      maxlength="2048"
      pattern="https://.+"
      autocomplete="off"
      autofocus
      .value=${values['url'] ?? ''}
    ></wa-input>
    <wa-input
      name="caption"
      label=${conversations.fileCaption}
      hint=${conversations.fileCaptionHint}
      maxlength="1024"
      autocomplete="off"
      .value=${values['caption'] ?? ''}
    ></wa-input>
    <wa-input
      name="fileName"
      label=${conversations.fileNameLabel}
      hint=${conversations.fileNameHint}
      maxlength="100"
      autocomplete="off"
      .value=${values['fileName'] ?? ''}
    ></wa-input>`;
}

export function mediaOf(values: Values) {
  const { kind = 'document', url = '', caption = '', fileName = '' } = values;
  return {
    kind: kind as Kind,
    url: url.trim(),
    ...(caption === '' ? {} : { caption }),
    ...(fileName === '' ? {} : { fileName }),
  };
}
