import type { ErrorBody, ErrorCode, Scope } from './generated/types.gen.js';

/** What the client itself says of an answer that carries no code of the server's. */
export type ClientErrorCode =
  /** 304: the resource still has the ETag of `If-None-Match`. */
  | 'NOT_MODIFIED'
  /** Not an answer of this API, perhaps a proxy's. */
  | 'UNEXPECTED_ANSWER'
  /** No whole answer came; `cause` says why. */
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

/** An answer that is no success, or a request without an answer. What the caller's signal ended is thrown as its reason. */
export class ContentCreatorError<Code extends string = ErrorCode | ClientErrorCode> extends Error {
  override readonly name = 'ContentCreatorError';

  /** How many times the request was sent. */
  attempts = 1;

  constructor(
    message: string,
    /** What went wrong, for a program. */
    readonly code: Code,
    /** The HTTP status; 0 where no whole answer came. */
    readonly status: number,
    /** More, by code. */
    readonly details: ErrorDetails,
    /** The id of the request in the server's log, to name in a report. */
    readonly requestId: string | undefined,
    /** After how many seconds to try again, where the server says so. */
    readonly retryAfter: number | undefined,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }

  /** Makes an error of an answer and its body, parsed if it was JSON. sent is the id that the request bore. */
  static from(response: Response, body: unknown, sent?: string): ContentCreatorError {
    const [code, message, details] = isErrorBody(body)
      ? [body.error_code, body.message, body.details]
      : [
          codeOf(response.status),
          `The server answered ${response.status} ${response.statusText}`.trimEnd() + '.',
          typeof body === 'object' ? { ...body } : {},
        ];
    return new ContentCreatorError(
      message,
      code,
      response.status,
      details,
      (isErrorBody(body) ? body.request_id : response.headers.get('X-Request-Id')) || sent,
      retryAfterOf(response.headers),
    );
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

/** After how many seconds to try again, by the header's seconds or date; undefined if it does not say. */
export function retryAfterOf(headers: Headers): number | undefined {
  const value = headers.get('Retry-After') ?? '';
  if (/^\d+$/.test(value)) return Number(value);
  const at = Date.parse(value);
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
