import { describe, expect, it } from '@jest/globals';
import { collectGarbage } from '../../src/startup-memory.js';

describe('the memory that the start used', () => {
  it('is given back', async () => {
    const used = new WeakRef({});
    await collectGarbage();
    expect(used.deref()).toBeUndefined();
  });

  it('does not leave the collector within the reach of the service', async () => {
    await collectGarbage();
    expect(globalThis).not.toHaveProperty('gc');
  });
});
