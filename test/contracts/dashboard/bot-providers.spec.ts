import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createServer } from 'node:http';
import { type AddressInfo } from 'node:net';
import { expectFailure } from '../../support/answers.js';
import { FakeCloudApi } from '../../support/fake-cloud-api.js';
import { FakeWhapi } from '../../support/fake-whapi.js';
import { PNG, pdf } from '../../support/files.js';
import { newPhone, openHouse, QUICK, type House } from '../../support/house.js';
import { bearer, logIn, newcomer } from '../../support/logins.js';
import { endClaims } from '../../support/messages.js';
import { type Service } from '../../support/service.js';
import { until } from '../../support/waits.js';
import { MENU, kept, stateOf } from '../../support/webhooks.js';

// docs/contract/dashboard.md#the-bot: what the providers deliver themselves, and how an answer goes over three rungs.

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
    ...QUICK,
    WHATSAPP_PROVIDERS: 'whacenter,whapi,cloud-api',
    WHACENTER_WEBHOOK_SECRET: ADDRESS_SECRET,
    ...whapi.settings,
    WHAPI_WEBHOOK_SECRET: HOOK_SECRET,
    ...cloudApi.settings,
    CLOUD_API_APP_SECRET: cloudApi.appSecret,
    CLOUD_API_VERIFY_TOKEN: cloudApi.verifyToken,
    SEND_TIMEOUT: '3',
    DATABASE_POOL: '5',
    MEDIA_MAX_BYTES: '2000000',
  });
  service = house.service;
  await hookTo(service);
  const { username } = await newcomer(house, { role: 'OPERATOR' });
  staff = bearer(await logIn(service, username));
});
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

  it('tells that a number has changed, and is not answered', async () => {
    const phone = '+6281370000001';
    const system = {
      body: 'User A changed from 6281370000001 to 6281399999999',
      wa_id: '6281399999999',
      type: 'user_changed_number',
    };
    const notice = { from: phone.slice(1), id: 'wamid.A1', type: 'system', text: undefined, system };
    cloudApi.openConversations.add(phone.slice(1));
    expect(await cloudApi.emitIncoming(notice)).toEqual([200]);
    // Its text is never read as a command.
    const others = [
      { ...system, body: 'agent' },
      { ...system, body: '2' },
      { body: 'buka', type: 'customer_identity_changed' },
    ];
    for (const [index, other] of others.entries())
      expect(await cloudApi.emitIncoming({ ...notice, id: `wamid.N${index}`, system: other })).toEqual([200]);
    const invitation = { body: 'agent', id: '1', url: 'https://chat.whatsapp.com/x' };
    const invited = { ...notice, id: 'wamid.G1', type: 'group_invite', system: undefined, group_invite: invitation };
    expect(await cloudApi.emitIncoming(invited)).toEqual([200]);
    expect(await stateOf(house, phone)).toBe('BOT');
    expect(await kept(house, phone)).toEqual(Array<string>(5).fill('IN other'));
  });

  it('delivers what somebody wrote who hides their number, which is kept, shown and not answered', async () => {
    const sender = 'ID.13491208655302741918';
    const hidden = { from: undefined, from_user_id: sender, text: { body: 'agent' } };
    expect(await cloudApi.emitIncoming(hidden)).toEqual([200]);
    expect(await stateOf(house, `id:${sender}`)).toBe('BOT');
    expect(await kept(house, `id:${sender}`)).toEqual(['IN text']);
    const { username } = await newcomer(house, { role: 'OPERATOR' });
    const staff = bearer(await logIn(service, username));
    const [shown] = (await service.get('/api/conversations?limit=1', staff)).body.data;
    expect(shown).toMatchObject({ phone: null, senderId: `id:${sender}`, lastMessage: { preview: 'agent' } });
    const path = `/api/conversations/${encodeURIComponent(shown.senderId as string)}`;
    expect((await service.get(`${path}/messages`, staff)).body.data).toMatchObject([{ text: 'agent' }]);
    expectFailure(await service.post(`${path}/reply`, { text: 'Halo' }, staff), 400, 'invalid_phone');
    const second = (await service.get('/api/conversations?limit=1', staff)).body.nextCursor as string | null;
    if (second !== null) expect((await service.get(`/api/conversations?cursor=${second}`, staff)).status).toBe(200);
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

  it('is shown in the conversation, and stored nowhere in clear', async () => {
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
       UNION ALL SELECT h::text FROM message_history h WHERE recipient = $1
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

describe('a file that came in', () => {
  /** The newest message's address. */
  const fileOf = async (phone: string, at = 0): Promise<string> => {
    const { body } = await service.get(`/api/conversations/${phone}/messages`, staff);
    return `/api/conversations/${phone}/messages/${body.data[at].id}/media`;
  };
  const open = async (path: string, headers = staff) => {
    const answer = await fetch(`${service.url}${path}`, { headers });
    return { status: answer.status, headers: answer.headers, bytes: Buffer.from(await answer.arrayBuffer()) };
  };
  const fromWhapiFile = async (id: string, more: object = {}, kind = 'document'): Promise<string> => {
    const phone = newPhone();
    await whapi.emitIncoming([fromWhapi(phone, { type: 'text', text: { body: 'pause' } })]);
    await answer(phone);
    await whapi.emitIncoming([fromWhapi(phone, { type: kind, [kind]: { id, ...more }, text: undefined })]);
    return fileOf(phone);
  };

  it('by Whapi is opened by its id and the channel’s token', async () => {
    const file = pdf(700_000);
    whapi.files.set('pdf-1.x-y', file);
    const path = await fromWhapiFile('pdf-1.x-y', { filename: '../hasil "läb"\r\n.exe', mime_type: 'text/html' });
    const got = await open(path);
    expect(got.status).toBe(200);
    expect(got.bytes.equals(file)).toBe(true);
    expect(Object.fromEntries(got.headers)).toMatchObject({
      'content-type': 'application/pdf',
      'content-disposition': `attachment; filename="hasil l_b .exe.pdf"; filename*=UTF-8''hasil%20l%C3%A4b%20.exe.pdf`,
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
    });
    expect(got.headers.get('content-security-policy')).toContain("default-src 'none'");
  });

  it("by Meta's Cloud API is opened where Meta says that it is, with the token", async () => {
    const phone = newPhone();
    cloudApi.files.set('1003', PNG);
    await cloudApi.emitIncoming({ from: phone.slice(1), type: 'image', image: { id: '1003', caption: 'pause' } });
    const path = await fileOf(phone, 1);
    expect((await open(path)).bytes.equals(PNG)).toBe(true);
    const calls = cloudApi.wire.calls.filter(({ path: called }) => /1003$/.test(called));
    expect(calls.map(({ headers }) => headers.authorization)).toEqual(Array(2).fill(`Bearer ${cloudApi.token}`));
    cloudApi.files.delete('1003');
    expectFailure(await service.get(path, staff), 404, 'media_not_found');
  });

  it('is never fetched from inside this network on a stranger’s word, and no token leaves for elsewhere', async () => {
    const seen: (string | undefined)[] = [];
    const inside = createServer((request, response) => {
      seen.push(request.headers.authorization);
      response.end(PNG);
    });
    await new Promise<void>((resolve) => inside.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(inside.address() as AddressInfo).port}/a.png`;
    try {
      const phone = newPhone();
      await house.fake.emitIncoming({ from: phone.slice(1), message: 'pause' });
      await answer(phone);
      for (const media of [url, url.replace('127.0.0.1', 'localhost')]) {
        await house.fake.emitIncoming({ from: phone.slice(1), message: media, media });
        expectFailure(await service.get(await fileOf(phone), staff), 404, 'media_not_found');
      }
      const byLink = await fromWhapiFile('', { id: undefined, link: url });
      expectFailure(await service.get(byLink, staff), 404, 'media_not_found');
      whapi.files.set('moved', PNG);
      const moved = await fromWhapiFile('moved');
      whapi.wire.next({ path: '/media/moved', status: 302, headers: { location: url } });
      expectFailure(await service.get(moved, staff), 404, 'media_not_found');
      const other = newPhone();
      cloudApi.files.set('1004', PNG);
      cloudApi.mediaUrl = url;
      await cloudApi.emitIncoming({ from: other.slice(1), type: 'image', image: { id: '1004' } });
      await answer(other);
      expectFailure(await service.get(await fileOf(other, 1), staff), 503, 'media_unavailable');
      expect(seen).toEqual([]);
    } finally {
      cloudApi.mediaUrl = undefined;
      inside.close();
    }
  });

  it.each([
    ['a page', Buffer.from('<!doctype html><script>alert(1)</script>')],
    ['a program', Buffer.from('4d5a90000300000004000000ffff0000', 'hex')],
    ['a picture that runs', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>')],
  ])('is not handed out as %s, whatever it is called', async (_, bytes) => {
    whapi.files.set('odd', bytes);
    const path = await fromWhapiFile('odd', { filename: 'foto.png', mime_type: 'image/png' }, 'image');
    expectFailure(await service.get(path, staff), 415, 'media_type_not_allowed');
  });

  it('may be a list of numbers, saved as such', async () => {
    whapi.files.set('list', Buffer.from('nama,hasil\nBudi,5\n'));
    const got = await open(await fromWhapiFile('list', { filename: 'hasil.csv' }));
    expect(got.headers.get('content-disposition')).toContain('filename="hasil.csv"');
    expect(got.headers.get('content-type')).toBe('text/csv');
  });

  it('is refused when it is too large, and told apart from one that is not there now', async () => {
    whapi.files.set('large', pdf(2_100_000));
    expectFailure(await service.get(await fromWhapiFile('large'), staff), 413, 'media_too_large');
    const path = await fromWhapiFile('forgotten');
    expectFailure(await service.get(path, staff), 404, 'media_not_found');
    for (const script of [
      { status: 500, body: 'x' },
      { reset: true },
      { status: 200, body: PNG, headers: { 'content-encoding': 'gzip' } },
    ]) {
      whapi.wire.next({ path: '/media/forgotten', ...script });
      expectFailure(await service.get(path, staff), 503, 'media_unavailable');
    }
  });

  it('has an id that leads nowhere else', async () => {
    const calls = whapi.wire.calls.length;
    for (const id of ['..', '../settings', '.', 'a/b', 'a?b', '%2e%2e'])
      expectFailure(await service.get(await fromWhapiFile(id), staff), 404, 'media_not_found');
    const asked = whapi.wire.calls.slice(calls).filter(({ method, path }) => method === 'GET' && path !== '/health');
    expect(asked).toEqual([]);
  });

  it('is opened by staff, in its own conversation, and only if it is one', async () => {
    whapi.files.set('own', PNG);
    const path = await fromWhapiFile('own');
    const { username } = await newcomer(house, { role: 'KARYAWAN' });
    expectFailure(await service.get(path, bearer(await logIn(service, username))), 403, 'forbidden');
    expectFailure(await service.get(path), 401, 'unauthenticated');
    const other = newPhone();
    await whapi.emitIncoming([fromWhapi(other, { text: { body: 'pause' } })]);
    await answer(other);
    const id = path.split('/').at(-2) ?? '';
    const at = (phone: string, which: string) =>
      service.get(`/api/conversations/${phone}/messages/${which}/media`, staff);
    expectFailure(await at(other, id), 404, 'media_not_found');
    expectFailure(await at(newPhone(), id), 404, 'conversation_not_found');
    for (const which of ['x', "'", id.toUpperCase().slice(1), '%00'])
      expectFailure(await at(other, which), 404, 'media_not_found');
    for (const position of [0, 1])
      expectFailure(await service.get(await fileOf(other, position), staff), 404, 'media_not_found');
  });
});

describe('recovery', () => {
  it('sends by the provider that the message came in by, too', async () => {
    const phone = newPhone();
    const dying = await house.anotherProcess();
    await hookTo(dying);
    whapi.wire.forNumber(phone, { hang: true });
    expect(await whapi.emitIncoming([fromWhapi(phone)])).toEqual([200]);
    await dying.stop('SIGKILL');
    whapi.wire.forNumber(phone, undefined);
    await hookTo(service);
    await endClaims(house.database, phone);
    expect(await answer(phone)).toEqual([`whapi ${MENU}`]);
  });
});
