import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Jobs } from '../../platform/jobs/jobs.service.js';
import { RefusalCountsRepository } from './refusal-counts.repository.js';

/** Hours that are counted in one step: a part of a second, also under attack. */
const STEP = 3;

/** Counts refusals by the hour, behind the present, so that figures of a month need not read its events. */
@Injectable()
export class RefusalCounts implements OnModuleInit {
  constructor(
    private readonly repository: RefusalCountsRepository,
    private readonly jobs: Jobs,
  ) {}

  onModuleInit(): void {
    this.jobs.schedule('refusal-counts', '*/10 * * * *', () => this.count());
  }

  private async count(): Promise<boolean> {
    if (await this.repository.countNext(STEP)) return true;
    await this.repository.forgetOld();
    return false;
  }
}
