import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { expectFailure } from '../support/answers.js';
import { Authenticator } from '../support/authenticator.js';
import { atOnce, tally } from '../support/crowds.js';
import { CROWD, openHouse, type House } from '../support/house.js';
import { bearer, claimsOf, logIn, newcomer, type Login, type Tokens } from '../support/logins.js';
import { secondFactor } from '../support/second-factors.js';
import { type Answer, type Service } from '../support/service.js';

// What a dishonest browser, a copied authenticator or somebody with another account may answer in place of a passkey.

const ORIGIN = 'https://masuk.example.org';

let house: House;
let own: Service;

beforeAll(async () => {
  house = await openHouse({ ...CROWD, PUBLIC_URL: ORIGIN }, { movingClock: true });
  own = house.service;
});
afterAll(async () => house.close());

describe('V6.3.3, V6.8.4: passkeys', () => {
  interface Keyed {
    readonly id: string;
    readonly username: string;
    readonly authenticator: Authenticator;
    /** Of the session that enrolled it. */
    readonly tokens: Tokens;
    readonly recoveryCodes: readonly string[];
    readonly stranger: Login;
  }

  async function options(login: { token: string }, path: string): Promise<any> {
    const answer = await secondFactor(own, login).post(path);
    if (answer.status !== 200) throw new Error(`no options: ${answer.status} ${answer.text}`);
    return answer.body.data;
  }

  const enrol = (login: { token: string }, response: object): Promise<Answer> =>
    secondFactor(own, login).post('passkeys', { name: 'Laptop', response });
  const prove = (login: { token: string }, response: object): Promise<Answer> =>
    secondFactor(own, login).post('passkeys/verify', { response });
  const refused = (answer: Answer) => expectFailure(answer, 400, 'invalid_second_factor');

  async function keyed(): Promise<Keyed> {
    const { id, username } = await newcomer(house, { role: 'ADMIN' });
    const login = await logIn(own, username);
    const authenticator = new Authenticator(ORIGIN);
    const answer = await enrol(login, authenticator.create(await options(login, 'passkeys/options')));
    if (answer.status !== 200) throw new Error(`not enrolled: ${answer.status} ${answer.text}`);
    const { tokens, recoveryCodes } = answer.body.data;
    return { id, username, authenticator, tokens, recoveryCodes, stranger: await logIn(own, username) };
  }

  it('lift the session that signs, and say so', async () => {
    const { authenticator, stranger, tokens, recoveryCodes, username } = await keyed();
    expect(claimsOf(tokens.token)).toMatchObject({ acr: 'urn:masuk:mfa', amr: ['pwd', 'pop', 'mfa'] });
    expect(recoveryCodes).toHaveLength(10);
    expectFailure(await own.get('/api/users', bearer(stranger)), 403, 'second_factor_required');
    const asked = await options(stranger, 'passkeys/verify/options');
    expect(asked).toMatchObject({ rpId: 'masuk.example.org', userVerification: 'required' });
    expect(asked.allowCredentials).toMatchObject([{ id: authenticator.credentialId.toString('base64url') }]);
    const answer = await prove(stranger, authenticator.get(asked));
    expect(answer.status).toBe(200);
    expect((await own.get('/api/users', bearer(answer.body.data.tokens))).status).toBe(200);
    const { passkeys } = (await secondFactor(own, tokens).state()).body.data;
    expect(passkeys).toMatchObject([{ name: 'Laptop', lastUsedAt: expect.any(String) }]);
    // A recovery code is there for a lost passkey, too.
    const late = await logIn(own, username);
    const recovered = await secondFactor(own, late).post('recovery-codes/verify', { code: recoveryCodes[0] });
    expect(recovered.status).toBe(200);
  });

  it('answer a challenge once, of this session, of this purpose, within five minutes', async () => {
    const { authenticator, stranger, username } = await keyed();
    const first = authenticator.get(await options(stranger, 'passkeys/verify/options'));
    const other = await logIn(own, username);
    refused(await prove(other, first));
    await options(other, 'passkeys/verify/options');
    refused(await prove(other, first));
    const { tokens } = (await prove(stranger, first)).body.data;
    refused(await prove(tokens, first));
    // Used up by a refused answer, and replaced by the next one.
    const asked = await options(other, 'passkeys/verify/options');
    refused(await prove(other, authenticator.get(asked, { type: 'webauthn.create' })));
    refused(await prove(other, authenticator.get(asked)));
    const [old, newer] = [
      await options(other, 'passkeys/verify/options'),
      await options(other, 'passkeys/verify/options'),
    ];
    refused(await prove(other, authenticator.get({ ...newer, challenge: old.challenge })));
    const stale = authenticator.get(await options(other, 'passkeys/verify/options'));
    await house.clock.pass(301, 20);
    refused(await prove(other, stale));
    // The challenge of an enrolment is none of a proof.
    const enrolling = await options(tokens, 'passkeys/options');
    refused(await prove(tokens, authenticator.get({ ...enrolling, rpId: 'masuk.example.org' })));
  });

  it('answer it once, also at two instances at the same moment', async () => {
    const { authenticator, stranger } = await keyed();
    const second = await house.anotherProcess();
    const response = authenticator.get(await options(stranger, 'passkeys/verify/options'));
    const answers = await atOnce(6, (at) =>
      secondFactor(at % 2 === 0 ? own : second, stranger).post('passkeys/verify', { response }),
    );
    expect(tally(answers)).toEqual({ 200: 1, 400: 5 });
  });

  it('are of this origin and this site, and used by somebody whom the authenticator knows', async () => {
    const { authenticator, stranger } = await keyed();
    const lies = [
      { origin: 'https://masuk.example.com' },
      { origin: 'http://masuk.example.org' },
      { origin: 'https://evil.masuk.example.org' },
      { origin: 'https://masuk.example.org:444' },
      { rpId: 'example.org' },
      { rpId: 'evil.example' },
      { unverified: true },
      { challenge: Buffer.alloc(32).toString('base64url') },
      { type: 'payment.get' },
    ];
    for (const lie of lies) {
      refused(await prove(stranger, authenticator.get(await options(stranger, 'passkeys/verify/options'), lie)));
    }
    expect((await prove(stranger, authenticator.get(await options(stranger, 'passkeys/verify/options')))).status).toBe(
      200,
    );
    const fresh = await logIn(own, (await newcomer(house, { role: 'ADMIN' })).username);
    for (const lie of lies) {
      const made = new Authenticator(ORIGIN).create(await options(fresh, 'passkeys/options'), lie);
      refused(await enrol(fresh, made));
    }
  });

  it('count only forward: a copy is refused', async () => {
    const { authenticator, stranger } = await keyed();
    for (const counter of [0, 1]) {
      refused(
        await prove(stranger, authenticator.get(await options(stranger, 'passkeys/verify/options'), { counter })),
      );
    }
    const right = authenticator.get(await options(stranger, 'passkeys/verify/options'), { counter: 50 });
    const { tokens } = (await prove(stranger, right)).body.data;
    refused(await prove(tokens, authenticator.get(await options(tokens, 'passkeys/verify/options'), { counter: 50 })));
  });

  it('are the account’s own, by key and by id', async () => {
    const [one, other] = [await keyed(), await keyed()];
    refused(await prove(one.stranger, other.authenticator.get(await options(one.stranger, 'passkeys/verify/options'))));
    // Its id under another key.
    const forged = new Authenticator(ORIGIN).get(await options(one.stranger, 'passkeys/verify/options'));
    const id = one.authenticator.credentialId.toString('base64url');
    refused(await prove(one.stranger, { ...forged, id, rawId: id }));
    // A credential that somebody has is nobody else's.
    refused(await enrol(one.tokens, other.authenticator.create(await options(one.tokens, 'passkeys/options'))));
    const { passkeys } = (await secondFactor(own, other.tokens).state()).body.data;
    expectFailure(await secondFactor(own, one.tokens).remove(`passkeys/${passkeys[0].id}`), 404, 'passkey_not_found');
    expect((await secondFactor(own, other.tokens).remove(`passkeys/${passkeys[0].id}`)).status).toBe(200);
  });

  it('are at most ten', async () => {
    const { id, tokens } = await keyed();
    await house.database.query(
      `INSERT INTO passkeys (id, user_id, credential_id, public_key, counter, transports, name)
       SELECT gen_random_uuid(), $1::uuid, sha256(n::text::bytea), '\\x00', 0, '{}', 'x' FROM generate_series(1, 9) n`,
      [id],
    );
    expectFailure(await secondFactor(own, tokens).post('passkeys/options'), 409, 'passkey_limit_reached');
  });

  it('are refused, and nothing fails, whatever comes in place of one', async () => {
    const { stranger, authenticator, tokens } = await keyed();
    const good = authenticator.get({ challenge: 'x', rpId: 'x' });
    const odd = [
      {},
      { id: 5 },
      { ...good, response: null },
      { ...good, response: {} },
      { ...good, response: { clientDataJSON: 7 } },
    ];
    for (const response of [
      ...odd,
      { ...good, type: 'password' },
      { ...good, rawId: {} },
      { __proto__: null, id: ['x'] },
    ]) {
      await options(stranger, 'passkeys/verify/options');
      refused(await prove(stranger, response));
      await options(tokens, 'passkeys/options');
      refused(await enrol(tokens, response));
    }
    for (const response of [null, 'x', 5, ['x'], undefined])
      expectFailure(await secondFactor(own, stranger).post('passkeys/verify', { response }), 400, 'validation_failed');
  });
});
