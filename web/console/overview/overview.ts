import type { Answer } from '../kit/api.js';

/** What the service counts for the overview. */
export type Overview = Answer<'/api/admin/overview', 'get'>['data'];
