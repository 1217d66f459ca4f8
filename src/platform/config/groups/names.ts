import { group } from '../rows/group.js';
import { text } from '../rows/rule.js';
import { setting } from '../rows/setting.js';

const line = () => text(120, /^[^\r\n]+$/, 'must be one line of at most 120 characters');

/** What the service calls itself in messages. */
export class NameSettings extends group('Service', {
  appName: setting('APP_NAME', line(), {
    default: 'SiKesKoja - Sistem Kesehatan Kota Jayapura',
    shown: true,
    doc: 'name of the application in messages, one line of at most 120 characters',
  }),
  appTeam: setting('APP_TEAM', line(), {
    default: 'SiKesKoja',
    shown: true,
    doc: 'name of the team that signs the message, one line of at most 120 characters',
  }),
}) {}
