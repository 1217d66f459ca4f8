import { type Language } from '../../../platform/config/languages.js';
import { TEXTS } from '../../../platform/texts/texts.js';
import { type OverviewAnswerDto, type OverviewPartDto, type ProviderCodesDto } from './overview.dto.js';
import {
  codesThatAre,
  failuresIn,
  providersIn,
  refusalsByCode,
  refusedIn,
  stepsOf,
  stepsOfProvider,
} from './overview-figures.js';
import { type Overview } from './overview.service.js';

export function overviewAnswer(overview: Overview, language: Language): OverviewAnswerDto {
  const { range, cut, codes, refusals, receipts, spend } = overview;
  return {
    success: true,
    message: TEXTS[language].answers.delivery.overview,
    data: {
      ...{ range, timezone: cut.zone, from: cut.from.toISOString(), to: cut.to.toISOString(), part: cut.part },
      funnel: {
        ...stepsOf(codes, receipts),
        waiting: codesThatAre(codes, 'PENDING'),
        unknown: codesThatAre(codes, 'UNKNOWN'),
        expired: codesThatAre(codes, 'EXPIRED'),
      },
      failures: failuresIn(codes),
      providers: providersIn(codes).map((name) => providerOf(overview, name)),
      ...timesOf(overview, null),
      refused: refusedIn(refusals),
      refusals: refusalsByCode(refusals),
      spend: { used: spend.used, cap: spend.cap, endsAt: spend.endsAt?.toISOString() ?? null },
      series: seriesOf(overview),
    },
  };
}

function providerOf(overview: Overview, provider: string): ProviderCodesDto {
  const { codes, receipts } = overview;
  return {
    provider,
    ...stepsOfProvider(codes, provider, receipts),
    sendsReceipts: receipts.get(provider) ?? null,
    ...timesOf(overview, provider),
  };
}

function timesOf({ times }: Overview, provider: string | null) {
  const p95 = (measure: string) =>
    times.find((row) => row.provider === provider && row.measure === measure)?.p95 ?? null;
  return { p95AcceptMs: p95('accept'), p95DeliverMs: p95('deliver') };
}

/** Each part of the range, those without anything too. */
function seriesOf({ parts, codes, refusals, receipts }: Overview): OverviewPartDto[] {
  const codesAt = Map.groupBy(codes, ({ part }) => part.getTime());
  const refusalsAt = Map.groupBy(refusals, ({ part }) => part.getTime());
  const instants = new Set([...parts.map((part) => part.getTime()), ...codesAt.keys(), ...refusalsAt.keys()]);
  return [...instants]
    .sort((one, other) => one - other)
    .map((instant) => {
      const steps = stepsOf(codesAt.get(instant) ?? [], receipts);
      const { requested, accepted, delivered, read, verified, failed } = steps;
      return {
        at: new Date(instant).toISOString(),
        ...{ requested, accepted, delivered, read, verified, failed },
        ...refusedIn(refusalsAt.get(instant) ?? []),
      };
    });
}
