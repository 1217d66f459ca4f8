import { expect, it } from '@jest/globals';
import { settingsOf } from '../../platform/config/read-settings.js';
import { type Jobs } from '../../platform/jobs/jobs.service.js';
import { Canary } from './canary.js';
import { type Ladder } from '../ladder/ladder.js';
import { type MessagesRepository } from './messages.repository.js';

it('a canary is sent by all providers at once, so that slow ones do not outlast its job', async () => {
  const asked: (string | undefined)[] = [];
  const ladder = {
    rungs: [{ name: 'whapi' }, { name: 'sms' }, { name: 'console' }],
    send: (_message: unknown, { only }: { only?: string }) => {
      asked.push(only);
      return new Promise(() => undefined);
    },
  } as unknown as Ladder;
  let sendByAll: () => Promise<boolean> = () => Promise.resolve(false);
  const jobs = {
    schedule: (_name: string, _cron: string, work: typeof sendByAll) => (sendByAll = work),
  } as unknown as Jobs;
  const settings = settingsOf({ CANARY_PHONE: '+6281234567890' });
  new Canary(settings, settings, settings, ladder, {} as MessagesRepository, jobs).onModuleInit();
  void sendByAll();
  await Promise.resolve();
  expect(asked).toEqual(['whapi', 'sms']);
});
