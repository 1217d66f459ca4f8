import { access } from './access.js';
import { conversations } from './conversations.js';
import { devices } from './devices.js';
import { logs } from './logs.js';
import { overview } from './overview.js';
import { people } from './people.js';
import { settings } from './settings.js';
import { shell } from './shell.js';

export const id = { ...shell, devices, people, logs, access, overview, conversations, settings };
