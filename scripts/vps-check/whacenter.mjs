/** A Whacenter for `scripts/vps-check.sh`: prints its address and device, and writes each message into the file it is given. */
import { writeFileSync } from 'node:fs';
import { startFakeWhacenter } from '../../test/support/fake-whacenter.ts';

const [, , file] = process.argv;
const fake = await startFakeWhacenter();
console.log(`WHATSAPP_DEVICE_ID=${fake.deviceId}\nWHACENTER_BASE_URL=${fake.url}`);
setInterval(() => writeFileSync(file, fake.messages.at(-1)?.text ?? ''), 50);
