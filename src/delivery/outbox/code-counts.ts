import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Jobs } from '../../platform/jobs/jobs.service.js';
import { CodeCountsRepository } from './code-counts.repository.js';

/** Hours that are counted in one step: a part of a second, also in the busiest. */
const STEP = 3;

/** Counts codes by the hour, behind the present, so that figures of a month need not read its messages. */
@Injectable()
export class CodeCounts implements OnModuleInit {
  constructor(
    private readonly repository: CodeCountsRepository,
    private readonly jobs: Jobs,
  ) {}

  onModuleInit(): void {
    this.jobs.schedule('code-counts', '* * * * *', () => this.count());
  }

  private async count(): Promise<boolean> {
    const [counted, recounted] = [await this.repository.countNext(STEP), await this.repository.recount()];
    if (counted || recounted) return true;
    await this.repository.forgetOld();
    return false;
  }
}
