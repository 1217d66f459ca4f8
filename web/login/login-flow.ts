import type { OtpSent, VerifyOtpInput } from '../../client/src/masuk.js';
import { OneCall } from './call.js';
import { CodeEntry, type SentCode, unknownCode } from './code-entry.js';
import { type Remembered } from './memory.js';
import { type FieldName, ownProblem, placedIn, type Problem } from './problem.js';
import { type Flow, type Notice, type FlowHost, textOf } from './flow-host.js';
import { wrongPhone } from './typed.js';

type Step = 'phone' | 'code' | 'password';

const FIELDS: Record<Step, readonly FieldName[]> = {
  phone: ['phone'],
  code: ['code'],
  password: ['identifier', 'password'],
};

/** Phone, then code; or a password. */
export class LoginFlow implements Flow {
  readonly steps = ['phone', 'code', 'password'];
  step: Step = 'phone';
  phone = '';
  identifier = '';
  problem: Problem | null = null;
  notice: Notice | null = null;
  readonly code = new CodeEntry();
  readonly call: OneCall<'request' | 'resend' | 'verify' | 'login'>;

  constructor(private readonly host: FlowHost) {
    this.call = new OneCall(() => host.changed());
  }

  type(field: FieldName, value: string): void {
    if (field === 'phone') this.phone = value;
    if (field === 'identifier') this.identifier = value;
    if (this.problem?.field === field && this.problem.until === null) this.problem = null;
    if (field === 'code' && this.code.type(value, this.host.service.options.otpLength)) this.verify();
    this.host.changed();
  }

  submit(form: FormData): void {
    if (this.step === 'phone') this.request();
    else if (this.step === 'code') this.verify();
    else this.login(textOf(form, 'password'));
  }

  request(): void {
    const phone = this.phone.trim();
    if (phone === '' || this.isWaiting()) {
      if (phone === '') this.refuse('phone_missing');
      return;
    }
    this.problem = this.notice = null;
    void this.call.run('request', () => this.host.service.masuk.requestOtp(phone), {
      done: (sent, wanted) => {
        this.expect(phone, sent);
        if (!wanted) return;
        this.notice = sent.alreadySent ? 'alreadySent' : 'sent';
        this.host.enter('code');
      },
      failed: (error) => this.fail(error),
    });
  }

  resend(): void {
    const { to } = this.code.sent ?? { to: this.phone.trim() };
    if (this.code.secondsToResend(this.host.service.now()) > 0) return;
    this.problem = this.notice = null;
    void this.call.run('resend', () => this.host.service.masuk.resendOtp(to), {
      done: (sent) => {
        this.expect(to, sent);
        this.notice = 'resent';
        this.host.focus('code');
      },
      failed: (error) => {
        const problem = this.fail(error);
        this.code.waitWithResend(problem.until);
        // It would have come at once, but for a lock or a limit.
        if (problem.until !== null && this.code.isDead) this.code.lockBy(problem);
      },
    });
  }

  /** The code came although its answer did not: the field opens without knowing of it. */
  haveCode(): void {
    const to = this.phone.trim();
    const wrong = wrongPhone(to);
    if (wrong !== null) {
      this.refuse(wrong);
      return;
    }
    if (this.code.sent?.to !== to) this.code.expect(unknownCode(to));
    this.host.enter('code');
  }

  usePassword(): void {
    if (this.identifier === '') this.identifier = this.phone.trim();
    this.host.enter('password');
  }

  allowed(step: string): Step {
    if (step === 'password') return 'password';
    return step === 'code' && this.code.sent !== null ? 'code' : 'phone';
  }

  show(step: string): void {
    this.call.abandon();
    this.step = this.allowed(step);
    this.problem = null;
    if (this.step !== 'code') this.code.clear();
  }

  remembered(): Remembered {
    const { step, phone, identifier } = this;
    return { step, phone, identifier, sent: this.code.sent };
  }

  restore(kept: Remembered): void {
    this.phone = kept.phone ?? '';
    this.identifier = kept.identifier ?? '';
    if (kept.sent) this.code.expect(kept.sent);
    this.step = this.allowed(kept.step);
    this.notice = kept.notice ?? null;
  }

  hear(sent: SentCode): void {
    if (this.code.sent?.to !== sent.to || this.code.sent.sessionId === sent.sessionId) return;
    this.code.expect(sent);
    this.problem = null;
    if (this.step === 'code') this.notice = 'sentElsewhere';
    this.host.changed();
  }

  private verify(): void {
    const { typed: otpCode, sent } = this.code;
    const wrong = this.code.wrongWith(this.host.service.options.otpLength);
    if (wrong !== null) this.refuse(wrong);
    if (wrong !== null || sent === null || this.isWaiting() || this.code.isOver(this.host.service.now())) return;
    this.problem = this.notice = null;
    const { to: phone, sessionId } = sent;
    const registrationToken = this.host.registrationToken();
    const input = {
      ...{ phone, otpCode },
      ...(sessionId !== null && { sessionId }),
      ...(registrationToken !== null && { registrationToken }),
    };
    this.guess(input);
  }

  private guess(input: VerifyOtpInput): void {
    void this.call.run('verify', () => this.host.service.masuk.verifyOtp(input), {
      done: (login) => this.host.loggedIn(login),
      failed: (error) => {
        const problem = this.fail(error);
        if (problem.code === 'otp_locked') this.code.lockBy(problem);
        if (problem.code === 'invalid_otp') {
          this.code.refuse(input.otpCode, problem.attemptsLeft);
          if (this.code.isLockLikely) this.guess(input);
        }
        // Its answer is lost: it may have used the code up.
        if (problem.code === 'timeout') this.problem = { ...problem, code: 'timeout_after_code' };
      },
    });
  }

  private login(password: string): void {
    const identifier = this.identifier.trim();
    const missing = identifier === '' ? 'identifier_missing' : password === '' ? 'password_missing' : null;
    if (missing !== null) this.refuse(missing);
    if (missing !== null || this.isWaiting()) return;
    this.problem = this.notice = null;
    void this.call.run('login', () => this.host.service.masuk.login({ identifier, password }), {
      done: (login) => this.host.loggedIn(login),
      failed: (error) => this.fail(error),
    });
  }

  private isWaiting(): boolean {
    return (this.problem?.until ?? 0) > this.host.service.now();
  }

  private expect(to: string, { sessionId, expiresAt, resendAt, channel }: OtpSent): void {
    const sent = { to, sessionId, expiresAt, resendAt, channel };
    this.code.expect(sent);
    this.host.sent(sent);
  }

  private refuse(code: string): void {
    this.place(ownProblem(code));
    this.host.changed();
  }

  private fail(error: unknown): Problem {
    const problem = this.host.failed(error);
    this.place(problem);
    return problem;
  }

  private place(problem: Problem): void {
    this.problem = placedIn(FIELDS[this.step], problem);
    if (problem.field) this.host.focus(this.problem.field ?? 'problem');
  }
}
