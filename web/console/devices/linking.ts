import { html, type TemplateResult } from 'lit';
import { act, get, MasukError } from '../kit/api.js';
import { ask, redraw, type DialogSpec, type Values } from '../kit/console-dialog.js';
import { loginIsOver } from '../kit/login.js';
import { drawQr } from '../kit/qr.js';
import { failure } from '../kit/remote.js';
import { sentenceOf } from '../kit/states.js';
import type { ConsoleTexts } from '../texts/texts.js';

/** Milliseconds between two looks at the code: WhatsApp renews it every twenty seconds. */
const LOOK = 2_000;

interface Linked {
  /** What names it in paths. */
  readonly id: string;
  readonly name: string;
}

type State = Awaited<ReturnType<typeof stateOf>>;

const stateOf = async (id: string) => (await get('/api/sessions/{id}/status', { at: { id } })).data;

/** @throws MasukError `fresh_login_required` when the person did not prove who they are */
async function codeOf(id: string): Promise<string | undefined> {
  try {
    return (await get('/api/sessions/{id}/qr', { at: { id } })).data.qr;
  } catch (error) {
    // It was scanned, or has expired, since the state was asked for.
    if (error instanceof MasukError && error.code === 'qr_not_available') return undefined;
    throw error;
  }
}

export function createDialog(texts: ConsoleTexts, values: Values, changed: () => void): DialogSpec {
  const { devices } = texts;
  return {
    title: devices.createTitle,
    form: 'device',
    values,
    submit: devices.createSubmit,
    fields: ({ sessionId = '' }) =>
      html`<wa-input
        name="sessionId"
        label=${devices.createName}
        hint=${devices.createHint}
        required
        pattern="[A-Za-z0-9_\\-]+"
        maxlength="64"
        autocomplete="off"
        autofocus
        .value=${sessionId}
      ></wa-input>`,
    run: async ({ sessionId = '' }) => {
      await act('post', '/api/sessions/create', { body: { sessionId } });
      changed();
      return qrDialog({ id: sessionId, name: sessionId }, texts, changed);
    },
  };
}

export function showQr(linked: Linked, texts: ConsoleTexts, changed: () => void): void {
  ask(qrDialog(linked, texts, changed));
}

/** Shows the code as long as the dialog is open, and who is linked once somebody has scanned it. */
function qrDialog(linked: Linked, texts: ConsoleTexts, changed: () => void): DialogSpec {
  const { devices } = texts;
  const title = devices.qrTitle(linked.name);
  let drawn = '';
  let timer: ReturnType<typeof setTimeout> | undefined;
  let closedYet = false;
  const isOver = () => closedYet;
  // One question at a time, and what is answered after the dialog was closed is not drawn: another one may be open there.
  const look = async (): Promise<void> => {
    try {
      const state = await stateOf(linked.id);
      if (isOver()) return;
      redraw({ title, text: qrView(state, texts) });
      if (state.status === 'connected') return;
      // An older login is shown the state without the code. Asking for the code itself asks for the proof first.
      const qr = state.qr ?? (state.status === 'qr' ? await codeOf(linked.id) : undefined);
      if (isOver()) return;
      if (qr !== undefined && qr !== drawn) {
        drawn = qr;
        redraw({ title, text: qrView({ ...state, qr }, texts) });
        await drawQr(qr);
      }
    } catch (error) {
      if (loginIsOver(error) || isOver()) return;
      redraw({ title, text: html`<p role="alert">${sentenceOf(failure(error), texts)}</p>` });
      // Nothing changes by itself: they did not prove who they are, or may not see it.
      if (error instanceof MasukError && error.status === 403) return;
    }
    if (!isOver()) timer = setTimeout(() => void look(), LOOK);
  };
  void look();
  const closed = () => {
    closedYet = true;
    clearTimeout(timer);
    changed();
  };
  return { title, text: html`<p role="status">${devices.qrWaits}</p>`, closed };
}

function qrView({ status, qr, phone = '', name }: State, { devices }: ConsoleTexts): TemplateResult {
  if (status === 'connected') {
    const who = [name, phone === '' ? undefined : `+${phone.replace(/[:@].*$/, '')}`].filter(Boolean).join(' · ');
    return html`<p role="status" class="linked"><wa-icon name="check-circle"></wa-icon> ${devices.linked(who)}</p>`;
  }
  return html`<p>${devices.qrHow}</p>
    <canvas class="qr" role="img" aria-label=${devices.qrAlt} ?hidden=${qr === undefined}></canvas>
    <p role="status">${qr === undefined ? devices.qrWaits : devices.qrNew}</p> `;
}

export function pairingDialog(linked: Linked, texts: ConsoleTexts, values: Values = {}): DialogSpec {
  const { devices } = texts;
  const title = devices.pairingTitle(linked.name);
  return {
    title,
    form: 'pairing',
    values,
    began: () => ({ tag: null, values: { ...linked } }),
    submit: devices.pairingSubmit,
    fields: ({ phone = '' }) =>
      html`<wa-input
        name="phone"
        type="tel"
        label=${devices.pairingPhone}
        hint=${devices.pairingHint}
        required
        autocomplete="off"
        autofocus
        .value=${phone}
      ></wa-input>`,
    run: async ({ phone = '' }) => {
      const { data } = await act('post', '/api/sessions/{id}/pairing-code', { at: { id: linked.id }, body: { phone } });
      return {
        title,
        text: html`<p>${devices.pairingCode}</p>
          <p class="pairing" role="status">${data.pairingCode}</p>`,
      };
    },
  };
}
