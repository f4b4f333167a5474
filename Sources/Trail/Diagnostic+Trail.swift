// SPDX-License-Identifier: Apache-2.0

internal import Core

extension Diagnostic {
  static func gone(_ address: Address, _ name: String) -> Diagnostic {
    Diagnostic(
      .note, rule: "audit.gone",
      "the audit log \"\(name)\" went with the stack, and with it what this run wrote there", address: address,
      hint: "keep this command's output; \"-keep-data\" keeps the log")
  }

  static func unwritten(_ lines: Int, _ address: Address, _ name: String, _ error: CallError?) -> Diagnostic {
    let reason = error.map { "\($0)" } ?? "there was no time to write them"
    return Diagnostic(
      .warning, rule: "audit.unwritten",
      "\(lines) \(lines == 1 ? "line" : "lines") of this run cannot be written to the audit log \"\(name)\": \(reason)",
      address: address,
      hint: "\(wayOut(error)); what they would have said is in this command's output: keep it")
  }

  static func rejected(_ lines: Int, _ address: Address, _ name: String) -> Diagnostic {
    Diagnostic(
      .warning, rule: "audit.rejected",
      "\(lines) \(lines == 1 ? "line" : "lines") of this run are too old or too new for the audit log \"\(name)\" "
        + "(rejectedLogEventsInfo)",
      address: address,
      hint: "set this machine's clock; what they would have said is in this command's output: keep it")
  }

  private static func wayOut(_ error: CallError?) -> String {
    switch error?.category {
    case .denied:
      "allow logs:CreateLogStream and logs:PutLogEvents there (\"harecon iam apply\" prints the policies)"
    case .notFound: "apply makes the log group when it is not there"
    case .alreadyExists, .throttled, .conflict, .invalid, .unavailable, .ambiguous, .cancelled, nil:
      "see that CloudWatch Logs can be reached from here"
    }
  }
}
