import { keepCompiledCode } from './platform/config/compile-cache.js';
import { ProcessLifecycle } from './process-lifecycle.js';
import { startService } from './service.js';
import { releaseStartMemory } from './startup-memory.js';

new ProcessLifecycle().run(async (lifecycle) => {
  await startService(lifecycle);
  keepCompiledCode();
  releaseStartMemory();
});
