// SPDX-License-Identifier: Apache-2.0

internal import Core

extension AttemptFailure {
  /// An attempt without an answer. Only what never left, or may be done twice, is worth repeating; the rest is `ambiguous`.
  init(_ error: TransportError, isRepeatable: Bool, host: String) {
    let category: CallError.Category
    switch (error.cause, error.progress) {
    case (.cancelled, .notSent): category = .cancelled
    case (.cancelled, .sent): category = isRepeatable ? .cancelled : .ambiguous
    // Trying again changes neither the settings nor the certificate.
    case (.refused, _), (.tls, .notSent): category = .invalid
    case (.tooLarge, .sent): category = isRepeatable ? .invalid : .ambiguous
    case (_, .notSent): category = .unavailable
    case (_, .sent): category = isRepeatable ? .unavailable : .ambiguous
    }
    self.init(
      CallError(category, code: error.cause.rawValue, message: error.message), isTimeout: error.cause == .timeout,
      isInDoubt: error.progress == .sent)
  }

  /// An answer that is an error.
  init(_ error: ServiceError, _ response: HTTPResponse, of service: String, isRepeatable: Bool, now: Timestamp) {
    let category = ErrorCodes.category(error, of: service, isRepeatable: isRepeatable)
    let isInDoubt = ErrorCodes.category(error, of: service, isRepeatable: false) == .ambiguous
    self.init(
      CallError(
        category, code: error.code, message: error.message, requestID: error.requestID, status: error.status),
      isInDoubt: isInDoubt, retryAfter: Self.retryAfter(response, now: now),
      clockOffset: Self.clockOffset(response, now: now))
  }

  /// `x-amzn-RetryAfter` and `x-amz-retry-after` count seconds and milliseconds; `Retry-After` seconds, or names a date.
  private static func retryAfter(_ response: HTTPResponse, now: Timestamp) -> Duration? {
    if let text = response.header("x-amz-retry-after"), let milliseconds = Int(text), milliseconds >= 0 {
      return .milliseconds(milliseconds)
    }
    guard let text = response.header("x-amzn-RetryAfter") ?? response.header("Retry-After") else { return nil }
    if let seconds = Double(text), seconds >= 0, seconds < 86_400 { return .milliseconds(Int(seconds * 1000)) }
    guard let date = Timestamp(text) else { return nil }
    let seconds = date.secondsSinceEpoch - now.secondsSinceEpoch
    return seconds > 0 && seconds < 86_400 ? .milliseconds(Int(seconds * 1000)) : nil
  }

  private static func clockOffset(_ response: HTTPResponse, now: Timestamp) -> Double? {
    guard let date = response.header("Date").flatMap({ Timestamp($0) }) else { return nil }
    return date.secondsSinceEpoch - now.secondsSinceEpoch
  }
}
