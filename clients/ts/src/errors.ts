import type { ErrorBody, ErrorCode, Job, Scope } from './generated/types.gen.js';

/** What the client itself says where the server has given no code. */
export type ClientErrorCode =
  /** 304: the resource still has the ETag of `If-None-Match`. */
  | 'NOT_MODIFIED'
  /** Not an answer of this API, perhaps a proxy's. */
  | 'UNEXPECTED_ANSWER'
  /** The request never got a whole answer. */
  | 'CONNECTION_FAILED'
  /** The last attempt took longer than its time-out. */
  | 'TIMED_OUT';

/** What an error may tell beyond its message. Which of it there is depends on the code. */
export interface ErrorDetails {
  /** Every faulty field and its fault, with a 422. */
  errors?: Record<string, string>;
  /** What is there already, with a duplicate. */
  existing_id?: string;
  /** The scope that the key lacks, with a 403. */
  required_scope?: Scope;
  /** The scopes that the key has, with a 403. */
  scopes?: Scope[];
  /** How long to wait, with a 429. */
  retry_after_seconds?: number;
  [key: string]: unknown;
}

/** What an error is made of. */
export interface ErrorFields<Code extends string> {
  code: Code;
  status: number;
  details?: ErrorDetails;
  requestId?: string | undefined;
  retryAfter?: number | undefined;
  attempts?: number | undefined;
  cause?: unknown;
}

/** A call that brought no success. What the caller has aborted is thrown as its signal's reason instead. */
export class ContentCreatorError<Code extends string = ErrorCode | ClientErrorCode> extends Error {
  override readonly name = 'ContentCreatorError';
  /** What went wrong, for a program. */
  readonly code: Code;
  /** The HTTP status; 0 if there was no answer. */
  readonly status: number;
  /** More, by code. */
  readonly details: ErrorDetails;
  /** The id of the request in the server's log, to name in a report. It is known also where no answer came. */
  readonly requestId: string | undefined;
  /** After how many seconds to try again, where the server says so. */
  readonly retryAfter: number | undefined;
  /** How many times the request was sent. */
  readonly attempts: number;

  constructor(message: string, fields: ErrorFields<Code>) {
    super(message, 'cause' in fields ? { cause: fields.cause } : undefined);
    this.code = fields.code;
    this.status = fields.status;
    this.details = fields.details ?? {};
    this.requestId = fields.requestId;
    this.retryAfter = fields.retryAfter;
    this.attempts = fields.attempts ?? 1;
  }

  /** Makes an error of an answer and its body, parsed if it was JSON. */
  static from(response: Response, body: unknown, sent: Pick<ErrorFields<string>, 'requestId' | 'attempts'> = {}): ContentCreatorError {
    const told = isErrorBody(body) ? body : undefined;
    return new ContentCreatorError(told?.message ?? `The server answered ${response.status} ${response.statusText}`.trimEnd() + '.', {
      code: told?.error_code ?? codeOf(response.status),
      status: response.status,
      details: told?.details ?? (typeof body === 'object' ? { ...body } : {}),
      requestId: told?.request_id || response.headers.get('X-Request-Id') || sent.requestId,
      retryAfter: retryAfter(response.headers),
      attempts: sent.attempts,
    });
  }

  /**
   * Whether something thrown is an error of this API and, if codes are given, has one of them.
   *
   * @example if (ContentCreatorError.is(error, 'TOPIC_NOT_FOUND')) …
   */
  static is<Code extends ErrorCode | ClientErrorCode = ErrorCode | ClientErrorCode>(
    error: unknown,
    ...codes: Code[]
  ): error is ContentCreatorError<Code> {
    return error instanceof ContentCreatorError && (codes.length === 0 || codes.includes(error.code));
  }
}

/** A job that did not succeed, with all that is known of it. */
export class JobFailedError extends Error {
  override readonly name = 'JobFailedError';

  constructor(readonly job: Job) {
    super(`Job ${job.id} ${job.state}` + (job.state === 'failed' && job.error ? `: ${job.error.message}` : ''));
  }
}

/** What `Retry-After` asks for, in seconds, be it a number or a date; 0 for a date in the past. */
export function retryAfter(headers: Headers): number | undefined {
  const value = headers.get('Retry-After') ?? '';
  if (/^\d{1,9}$/.test(value)) return Number(value);
  // Other dates begin as other things do, which Date.parse takes for years.
  const at = /^[A-Z][a-z]+, /.test(value) ? Date.parse(value) : NaN;
  return Number.isNaN(at) ? undefined : Math.max(0, (at - Date.now()) / 1000);
}

function isErrorBody(body: unknown): body is ErrorBody {
  return typeof body === 'object' && body !== null && 'error_code' in body && 'message' in body && 'details' in body;
}

/** The code of an answer whose body has none: the health check's, for example. */
function codeOf(status: number): ErrorCode | ClientErrorCode {
  if (status === 304) return 'NOT_MODIFIED';
  return status === 503 ? 'UNAVAILABLE' : 'UNEXPECTED_ANSWER';
}
