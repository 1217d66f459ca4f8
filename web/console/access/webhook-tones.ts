import type { Entry } from '../kit/api.js';
import type { Tone } from '../kit/page-parts.js';

export const WEBHOOK_TONES: Record<Entry<'/api/webhooks'>['status'], Tone> = {
  active: 'success',
  failing: 'warning',
  disabled: 'danger',
};
