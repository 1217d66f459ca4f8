import {
  ArrayNotEmpty,
  ArrayUnique,
  IsArray,
  IsIn,
  IsInt,
  IsNotEmpty,
  IsOptional,
  IsString,
  IsUUID,
  Matches,
  Max,
  MaxLength,
  Min,
} from 'class-validator';
import { IsInstant, WholeNumber } from '../http/query-fields.js';
import { WEBHOOK_EVENTS, type WebhookEvent } from './webhook-events.js';

export class CreateWebhookDto {
  /**
   * http or https, to a public address; production takes https alone.
   * @example https://app.example.id/webhooks/masuk
   */
  @IsString()
  @IsNotEmpty()
  @MaxLength(2048)
  @Matches(/^[\x21-\x7e]+$/)
  url!: string;

  /** What it wants to know; everything when left out. */
  @IsOptional()
  @IsArray()
  @ArrayNotEmpty()
  @ArrayUnique()
  @IsIn(WEBHOOK_EVENTS, { each: true })
  events?: WebhookEvent[];
}

export class WebhookPageDto {
  /** At most so many; 50 when left out. */
  @IsOptional()
  @WholeNumber()
  @IsInt()
  @Min(1)
  @Max(100)
  limit?: number;

  /** `nextCursor` of the page before. */
  @IsOptional()
  @IsUUID()
  cursor?: string;
}

export class DeliveryPageDto extends WebhookPageDto {
  @IsOptional()
  @IsIn(['pending', 'delivered', 'failed'])
  status?: 'pending' | 'delivered' | 'failed';
}

export class ReplayDto {
  /** This one, whatever became of it; left out, all that were given up. */
  @IsOptional()
  @IsUUID()
  deliveryId?: string;

  /** Of those that were given up, the ones that are not older; ISO 8601 with its offset. */
  @IsOptional()
  @IsInstant()
  since?: string;
}

export class WebhookDto {
  id!: string;
  url!: string;
  events!: WebhookEvent[];
  /** `disabled`: nothing is delivered until a replay switches it on again. */
  status!: 'active' | 'failing' | 'disabled';
  /** Three days without a success, or an answer 410. */
  disabledFor!: 'failures' | 'gone' | null;
  createdAt!: string;
  lastSuccessAt!: string | null;
  /** Since when nothing has arrived. */
  failingSince!: string | null;
  disabledAt!: string | null;
}

export class CreatedWebhookDto extends WebhookDto {
  /**
   * What deliveries are signed with (Standard Webhooks), this once.
   * @example whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oDYSAl9SNDgm4=
   */
  secret!: string;
}

export class CreatedWebhookAnswerDto {
  success!: true;
  message!: string;
  data!: CreatedWebhookDto;
}

export class WebhooksAnswerDto {
  success!: true;
  message!: string;
  data!: WebhookDto[];
  /** For the next page; null on the last one. */
  nextCursor!: string | null;
}

export class WebhookGoneAnswerDto {
  success!: true;
  message!: string;
}

export class ReplayedDto {
  /** Deliveries that will be made again. */
  queued!: number;
}

export class ReplayedAnswerDto {
  success!: true;
  message!: string;
  data!: ReplayedDto;
}

export class DeliveryDto {
  /** `webhook-id` of the delivery. */
  id!: string;
  event!: string;
  status!: 'pending' | 'delivered' | 'failed';
  attempts!: number;
  nextAttemptAt!: string | null;
  /** HTTP status of the last answer. */
  lastStatus!: number | null;
  /** Why the last try came to nothing. */
  lastError!: string | null;
  createdAt!: string;
  deliveredAt!: string | null;
}

export class DeliveriesAnswerDto {
  success!: true;
  message!: string;
  data!: DeliveryDto[];
  /** For the next page; null on the last one. */
  nextCursor!: string | null;
}
