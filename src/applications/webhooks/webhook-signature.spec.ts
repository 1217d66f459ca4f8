import { describe, expect, it } from '@jest/globals';
import { newWebhookSecret, signedHeaders } from './webhook-signature.js';

describe('signedHeaders', () => {
  it('signs as the example of Standard Webhooks does', () => {
    const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
    const at = new Date(1_614_265_330_000);
    expect(signedHeaders(secret, 'msg_p5jXN8AQM9LWM0D4loKWxJek', '{"test": 2432232314}', at)).toEqual({
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    });
  });
});

describe('newWebhookSecret', () => {
  it('has 256 bits, and is another one each time', () => {
    const [one, other] = [newWebhookSecret(), newWebhookSecret()];
    expect(Buffer.from(one.replace('whsec_', ''), 'base64')).toHaveLength(32);
    expect(one).not.toBe(other);
  });
});
