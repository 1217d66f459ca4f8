import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { newNumber, openGatewayHouse, type GatewayHouse } from '../support/gateway-house.js';

let house: GatewayHouse;
beforeAll(async () => {
  house = await openGatewayHouse({ LOG_LEVEL: 'debug' });
}, 60_000);
afterAll(async () => house.close());

it('sends', async () => {
  const phone = newNumber();
  await house.link('one', phone);
  const answer = await house.text('one', '081234567890', 'halo');
  console.log(
    answer.status,
    answer.text,
    house.service
      .output()
      .split('\n')
      .filter((l) => /gateway|session|rror/i.test(l))
      .slice(-20)
      .join('\n'),
  );
  const t = Date.now();
  for (let i = 0; i < 20; i++) await house.text('one', '081234567890', 'halo' + i);
  console.log((Date.now() - t) / 20, house.whatsapp.messages.length, house.whatsapp.unreadable);
  expect(house.whatsapp.messagesTo('6281234567890').length).toBe(21);
}, 60_000);
