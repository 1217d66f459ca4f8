import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { FakeCloudApi } from '../support/fake-cloud-api.js';
import { FakeWhapi } from '../support/fake-whapi.js';
import { newPhone, openHouse, type House } from '../support/house.js';
import { bearer, logIn, newcomer } from '../support/logins.js';
import { until } from '../support/people.js';
import { type Service } from '../support/service.js';
import { MENU, kept, stateOf } from '../support/webhooks.js';

// Contract D: what the providers deliver themselves, and the way of an answer over three rungs.

const ADDRESS_SECRET = 'secret-in-the-address-of-a-spec';
const HOOK_SECRET = 'secret-in-the-header-of-a-spec';

let house: House;
let whapi: FakeWhapi;
let cloudApi: FakeCloudApi;
let service: Service;
let staff: Record<string, string>;

beforeAll(async () => {
  [whapi, cloudApi] = await Promise.all([FakeWhapi.start(), FakeCloudApi.start()]);
  house = await openHouse({
    WHATSAPP_PROVIDERS: 'whacenter,whapi,cloud-api',
    WHACENTER_WEBHOOK_SECRET: ADDRESS_SECRET,
    WHAPI_BASE_URL: whapi.url,
    WHAPI_TOKEN: whapi.token,
    WHAPI_WEBHOOK_SECRET: HOOK_SECRET,
    CLOUD_API_BASE_URL: cloudApi.url,
    CLOUD_API_TOKEN: cloudApi.token,
    CLOUD_API_PHONE_ID: cloudApi.phoneId,
    CLOUD_API_TEMPLATE: 'otp_login',
    CLOUD_API_APP_SECRET: cloudApi.appSecret,
    CLOUD_API_VERIFY_TOKEN: cloudApi.verifyToken,
    SEND_TIMEOUT: '3',
    DATABASE_POOL: '5',
  });
  service = house.service;
  await hookTo(service);
  const { username } = await newcomer(house, { role: 'OPERATOR' });
  staff = bearer(await logIn(service, username));
}, 30_000);
afterAll(async () => {
  await Promise.all([whapi.close(), cloudApi.close()]);
  await house.close();
});
beforeEach(() => {
  whapi.state = 'AUTH';
  whapi.receipts = 'none';
  cloudApi.receipts = 'none';
  house.fake.connected = true;
});

/** Tells each provider where its webhook is, in the provider's own way. */
async function hookTo({ url }: Service): Promise<void> {
  const hook = { url: `${url}/webhook/whapi`, headers: { 'X-Hook-Secret': HOOK_SECRET } };
  await fetch(`${whapi.url}/settings`, {
    method: 'PATCH',
    headers: { authorization: `Bearer ${whapi.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ webhooks: [hook] }),
  });
  const address = encodeURIComponent(`${url}/webhook/whacenter/${ADDRESS_SECRET}`);
  await fetch(`${house.fake.url}/api/setWebhook?device_id=${house.fake.deviceId}&webhook=${address}`);
  cloudApi.webhook = `${url}/webhook/cloud-api`;
}

/** Where answers to a number have arrived, as `provider text`. */
const arrived = (phone: string): string[] => [
  ...house.fake.messagesFor(phone).map((text) => `whacenter ${text}`),
  ...whapi.messagesFor(phone).map((text) => `whapi ${text}`),
  ...cloudApi.messages.filter(({ to }) => `+${to}` === phone).map(({ text }) => `cloud-api ${text}`),
];
const answer = async (phone: string): Promise<string[]> => {
  await until('an answer', () => arrived(phone).length > 0);
  return arrived(phone);
};
const deliveries = async (phone: string): Promise<(string | null)[]> => {
  const { body } = await service.get(`/api/conversations/${phone}/messages`, staff);
  return body.data.map(({ delivery }: { delivery: string | null }) => delivery);
};

/** What each provider calls a text of this number. */
const fromWhapi = (phone: string, more = {}) => ({
  from: phone.slice(1),
  chat_id: `${phone.slice(1)}@s.whatsapp.net`,
  ...more,
});

describe('Whapi', () => {
  it('delivers a message and gets the answer', async () => {
    const phone = newPhone();
    expect(await whapi.emitIncoming([fromWhapi(phone)])).toEqual([200]);
    expect(await answer(phone)).toEqual([`whapi ${MENU}`]);
  });

  it('delivers its own echo, which is ignored, and what became of the answer', async () => {
    const phone = newPhone();
    whapi.receipts = 'reversed';
    await whapi.emitIncoming([fromWhapi(phone)]);
    await answer(phone);
    await whapi.settled();
    await until('it is delivered', async () => (await deliveries(phone))[0] === 'delivered');
    expect(await kept(house, phone)).toEqual(['IN text', 'OUT text']);
  });

  it('gets no answer while its channel is not linked: the ladder has it', async () => {
    const phone = newPhone();
    whapi.state = 'QR';
    expect(await whapi.emitIncoming([fromWhapi(phone)])).toEqual([200]);
    expect(await answer(phone)).toEqual([`whacenter ${MENU}`]);
  });

  it('is told 401 for another secret, and tries again in vain', async () => {
    const phone = newPhone();
    const statuses = await whapi.emitIncoming([fromWhapi(phone)], { headers: { 'X-Hook-Secret': 'another' } });
    expect(statuses).toEqual([401, 401, 401, 401, 401]);
    expect(await stateOf(house, phone)).toBeUndefined();
  });
});

describe("Meta's Cloud API", () => {
  it('asks whether the webhook is ours', async () => {
    const url = `${service.url}/webhook/cloud-api`;
    expect(await cloudApi.verify(url)).toEqual({ status: 200, text: '1158201444' });
    expect(await cloudApi.verify(url, 'another')).toMatchObject({ status: 403 });
  });

  it('delivers a message and gets the answer, and tells that it was read', async () => {
    const phone = newPhone();
    cloudApi.openConversations.add(phone.slice(1));
    cloudApi.receipts = 'twice';
    expect(await cloudApi.emitIncoming({ from: phone.slice(1) })).toEqual([200]);
    expect(await answer(phone)).toEqual([`cloud-api ${MENU}`]);
    await cloudApi.settled();
    await until('it is read', async () => (await deliveries(phone))[0] === 'read');
  });

  it('delivers again and again, and unsigned, and acts once', async () => {
    const phone = newPhone();
    cloudApi.openConversations.add(phone.slice(1));
    const message = { from: phone.slice(1), id: `wamid.again.${process.pid}`, text: { body: 'agent' } };
    expect(await cloudApi.emitIncoming(message, { times: 5 })).toEqual([200, 200, 200, 200, 200]);
    for (const signature of ['bad', 'none'] as const)
      expect(await cloudApi.emitIncoming({ ...message, text: { body: 'bot' } }, { signature })).toEqual([401]);
    expect(await stateOf(house, phone)).toBe('AGENT');
    expect(await kept(house, phone)).toEqual(['IN text', 'OUT text']);
  });

  it('refuses free text outside its 24 hours: the ladder has the answer', async () => {
    const phone = newPhone();
    expect(await cloudApi.emitIncoming({ from: phone.slice(1) })).toEqual([200]);
    expect(await answer(phone)).toEqual([`whacenter ${MENU}`]);
  });

  it('tells later that the answer failed: the next one gets it, once', async () => {
    const phone = newPhone();
    cloudApi.openConversations.add(phone.slice(1));
    await cloudApi.emitIncoming({ from: phone.slice(1) });
    await answer(phone);
    const sent = cloudApi.messages.find(({ to }) => `+${to}` === phone);
    await until('it is accepted', async () => (await deliveries(phone))[0] === 'accepted');
    await cloudApi.emitStatuses(sent?.id ?? '', ['failed', 'failed'], { code: 131047 });
    await until('it arrives elsewhere', () => arrived(phone).length === 2);
    expect(arrived(phone)).toEqual([`whacenter ${MENU}`, `cloud-api ${MENU}`]);
  });
});

describe('Whacenter', () => {
  it.each([{}, { form: true }, { spelling: 'other' as const }, { form: true, spelling: 'other' as const }])(
    'delivers a message as %j and gets the answer',
    async (options) => {
      const phone = newPhone();
      expect(await house.fake.emitIncoming({ from: phone.slice(1) }, { ...options, times: 3 })).toBe(200);
      expect(await answer(phone)).toEqual([`whacenter ${MENU}`]);
      expect(await kept(house, phone)).toEqual(['IN text', 'OUT text']);
    },
  );
});

describe('an answer by hand', () => {
  it('leaves by the provider that the newest message came in by', async () => {
    const phone = newPhone();
    cloudApi.openConversations.add(phone.slice(1));
    await house.fake.emitIncoming({ from: phone.slice(1), message: 'agent' });
    await cloudApi.emitIncoming({ from: phone.slice(1), text: { body: 'tolong' } });
    await answer(phone);
    await service.post(`/api/conversations/${phone}/reply`, { text: 'Selamat pagi' }, staff);
    await until('it arrives', () => arrived(phone).includes('cloud-api Selamat pagi'));
    expect(arrived(phone)).toHaveLength(2);
  });
});

describe('a file by hand', () => {
  const URL = 'https://files.example/hasil%20lab.pdf?token=rahasia';
  const send = (phone: string, media: object) => service.post(`/api/conversations/${phone}/reply`, { media }, staff);
  /** What has arrived of files, as the provider was told. */
  const files = (phone: string): object[] => [
    ...house.fake.messages.filter(({ to, file }) => `+${to}` === phone && file !== undefined),
    ...whapi.messages.filter(({ to }) => `+${to}` === phone).flatMap(({ media }) => media ?? []),
    ...cloudApi.messages.filter(({ to }) => `+${to}` === phone).flatMap(({ media }) => media ?? []),
  ];
  const file = async (phone: string): Promise<object[]> => {
    await until('a file', () => files(phone).length > 0);
    return files(phone);
  };
  /** A conversation by Meta's Cloud API, whose newest message is less than a day old. */
  const writtenToMeta = async (): Promise<string> => {
    const phone = newPhone();
    cloudApi.openConversations.add(phone.slice(1));
    await cloudApi.emitIncoming({ from: phone.slice(1), text: { body: 'agent' } });
    await answer(phone);
    return phone;
  };

  it.each([
    [{ kind: 'image', caption: 'Foto *anda*' }, { caption: 'Foto *anda*' }],
    [{ kind: 'video' }, {}],
    [{ kind: 'audio' }, {}],
    [
      { kind: 'document', caption: 'Hasil', fileName: 'hasil.pdf' },
      { caption: 'Hasil', filename: 'hasil.pdf' },
    ],
  ])('leaves by Whapi as %j, and is delivered', async (media, told) => {
    const phone = newPhone();
    await whapi.emitIncoming([fromWhapi(phone, { text: { body: 'agent' } })]);
    await answer(phone);
    whapi.receipts = 'in-order';
    expect((await send(phone, { ...media, url: URL })).status).toBe(200);
    expect(await file(phone)).toEqual([{ kind: media.kind, url: URL, ...told }]);
    await whapi.settled();
    await until('it is delivered', async () => (await deliveries(phone))[0] === 'delivered');
  });

  it.each([
    [{ kind: 'image', caption: 'Foto' }, { caption: 'Foto' }],
    [{ kind: 'video' }, {}],
    [{ kind: 'audio' }, {}],
    [
      { kind: 'document', caption: 'Hasil', fileName: 'hasil.pdf' },
      { caption: 'Hasil', filename: 'hasil.pdf' },
    ],
  ])("leaves by Meta's Cloud API as %j, and is read", async (media, told) => {
    const phone = await writtenToMeta();
    cloudApi.receipts = 'in-order';
    await send(phone, { ...media, url: URL });
    expect(await file(phone)).toEqual([{ kind: media.kind, link: URL, ...told }]);
    await cloudApi.settled();
    await until('it is read', async () => (await deliveries(phone))[0] === 'read');
  });

  it.each([
    [{ kind: 'image', caption: 'Foto' }, 'Foto'],
    [{ kind: 'document', fileName: 'hasil.pdf' }, 'hasil.pdf'],
    [{ kind: 'audio' }, 'Suara'],
  ])('leaves by Whacenter as %j, under words', async (media, text) => {
    const phone = newPhone();
    await house.fake.emitIncoming({ from: phone.slice(1), message: 'agent' });
    await answer(phone);
    await send(phone, { ...media, url: URL });
    expect(await file(phone)).toEqual([{ to: phone.slice(1), text, file: URL }]);
  });

  it('is shown in the conversation, and stands nowhere in clear', async () => {
    const phone = newPhone();
    await house.fake.emitIncoming({ from: phone.slice(1), message: 'agent' });
    await answer(phone);
    house.fake.forNumber(phone, { hang: true, delivers: false });
    const { body } = await send(phone, { kind: 'document', url: URL, caption: 'positif', fileName: 'lab.pdf' });
    const media = { id: null, url: URL, mimeType: null, fileName: 'lab.pdf' };
    expect(body.data).toMatchObject({
      direction: 'out',
      kind: 'document',
      text: 'positif',
      media,
      delivery: 'pending',
    });
    const rows = await house.database.query<{ row: string }>(
      `SELECT m::text || coalesce(encode(m.sealed_content, 'escape'), '') AS row FROM messages m WHERE recipient = $1
       UNION ALL SELECT c::text || encode(c.sealed_content, 'escape') FROM conversation_messages c WHERE phone = $1
       UNION ALL SELECT a::text FROM audit_events a WHERE subject_id = $2`,
      [phone, body.data.id],
    );
    expect(rows).toHaveLength(6);
    for (const { row } of rows) expect(row).not.toMatch(/files\.example|positif|lab\.pdf/);
    house.fake.forNumber(phone, undefined);
    const history = await service.get(`/api/conversations/${phone}/messages`, staff);
    expect(history.body.data[0]).toMatchObject({ kind: 'document', text: 'positif', media });
    expect(service.output()).not.toContain('files.example');
  });

  it('goes to the next provider that can, when the first one refuses it', async () => {
    const phone = await writtenToMeta();
    cloudApi.openConversations.delete(phone.slice(1));
    await send(phone, { kind: 'image', url: URL });
    expect(await file(phone)).toEqual([{ to: phone.slice(1), text: 'Gambar', file: URL }]);
  });

  it('goes to the next one, once, when the first one tells later that it could not fetch it', async () => {
    const phone = await writtenToMeta();
    await send(phone, { kind: 'image', url: URL });
    await until('it is accepted', async () => (await deliveries(phone))[0] === 'accepted');
    const sent = cloudApi.messages.find(({ to, media }) => `+${to}` === phone && media !== undefined);
    await cloudApi.emitStatuses(sent?.id ?? '', ['failed', 'failed'], { code: 131053 });
    await until('it arrives elsewhere', () => files(phone).length === 2);
    await until('it is accepted there', async () => (await deliveries(phone))[0] === 'accepted');
    expect(files(phone)[0]).toEqual({ to: phone.slice(1), text: 'Gambar', file: URL });
  });

  it('is not sent a second time by another, when one takes it and does not answer', async () => {
    const phone = await writtenToMeta();
    cloudApi.wire.forNumber(phone, { hang: true });
    await send(phone, { kind: 'image', url: URL });
    await until('nobody knows', async () => (await deliveries(phone))[0] === 'unknown');
    cloudApi.wire.forNumber(phone, undefined);
    expect(files(phone)).toHaveLength(1);
  });

  it('says nothing of a provider that cannot fetch it: codes keep their way', async () => {
    const phone = newPhone();
    const person = await house.person();
    await house.fake.emitIncoming({ from: phone.slice(1), message: 'agent' });
    await answer(phone);
    for (let time = 0; time < 6; time++) {
      house.fake.next({ reset: true, delivers: false });
      await send(phone, { kind: 'image', url: URL });
      await until('another has it', () => files(phone).length === time + 1);
    }
    await house.code(person.phone);
    expect(house.fake.messagesFor(person.phone)).toHaveLength(1);
  });
});

describe('recovery', () => {
  it('sends by the provider that the message came in by, too', async () => {
    const phone = newPhone();
    const dying = await house.another();
    await hookTo(dying);
    whapi.wire.forNumber(phone, { hang: true });
    expect(await whapi.emitIncoming([fromWhapi(phone)])).toEqual([200]);
    await dying.stop('SIGKILL');
    whapi.wire.forNumber(phone, undefined);
    await hookTo(service);
    await house.database.query(
      `UPDATE messages SET claimed_until = now() - interval '1 second' WHERE recipient = $1 AND state = 'PENDING'`,
      [phone],
    );
    expect(await answer(phone)).toEqual([`whapi ${MENU}`]);
  });
});
