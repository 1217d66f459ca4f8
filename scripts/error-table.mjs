/** Prints docs/errors.md from the built catalogue: `node scripts/error-table.mjs > docs/errors.md`. */
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { LANGUAGES } from '../build/platform/config/languages.js';
import { CATALOGUE } from '../build/platform/errors/catalogue.js';
import { TEXTS } from '../build/platform/texts/texts.js';

const FILE = fileURLToPath(new URL('../docs/errors.md', import.meta.url));

const INTRODUCTION = `# Error codes

Generated from src/platform/errors/catalogue.ts and src/platform/texts/ by scripts/error-table.mjs: change those, not
this page.

Every failure has this shape. Switch on \`code\`: it never changes, and never with the language. \`message\` is for people.

\`\`\`json
{ "success": false, "message": "Kode OTP tidak valid atau sudah kadaluarsa", "code": "invalid_otp", "details": { "attemptsLeft": 2 } }
\`\`\`

\`details\` is there only where there is more to say:

- \`invalid_otp\`: \`{ "attemptsLeft": 2 }\`, the guesses that are left.
- \`validation_failed\`, and \`invalid_phone\` when the number is missing or no text: a list of \`{ "field", "problem" }\`.
- \`whatsapp_unavailable\`: a sentence of the provider, if it is one of the few that may be shown.

Answers with status 429 and 503 carry \`Retry-After\` in whole seconds.
What to do for each code is in [integration.md](integration.md).
`;

const rows = Object.entries(CATALOGUE).map(
  ([code, status]) =>
    `| \`${code}\` | ${status} | ${LANGUAGES.map((language) => TEXTS[language].errors[code]).join(' | ')} |`,
);
const names = new Intl.DisplayNames('en', { type: 'language' });
const columns = ['code', 'status', ...LANGUAGES.map((language) => names.of(language))];
const table = [`| ${columns.join(' | ')} |`, `|${' - |'.repeat(columns.length)}`, ...rows].join('\n');

const options = await resolveConfig(FILE);
process.stdout.write(await format(`${INTRODUCTION}\n${table}\n`, { ...options, parser: 'markdown' }));
