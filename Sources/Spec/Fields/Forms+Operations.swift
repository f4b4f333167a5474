// SPDX-License-Identifier: Apache-2.0

internal import Core

extension TextPattern {
  /// The name of a check or of a drill: part of names in AWS.
  static let itemName = TextPattern(
    "a name", plural: "names", "1 to 32 of a-z, 0-9 and single -, beginning and ending with a letter or digit",
    "a-z0-9-", first: "a-z0-9", last: "a-z0-9", length: 1...32, forbidden: ["--"])

  /// Route 53 searches for at most 255 characters.
  static let checkAnswer = TextPattern(
    "an answer", plural: "answers", "8 to 255 printable characters of ASCII, beginning and ending with a visible one",
    " -~", first: "!-~", last: "!-~", length: 8...255)

  static let expectedAnswer = TextPattern(
    "an expected value", plural: "values in quotes", "at most 255 printable characters of ASCII", " -~",
    length: 0...255)

  /// What PostgreSQL takes without quotes, in the first schema of the search path.
  static let sqlTable = TextPattern(
    "a table's name", plural: "tables", "1 to 63 of a-z, 0-9 and _, beginning with a letter",
    "a-z0-9_", first: "a-z", length: 1...63)
}

extension Form where Value == String {
  static let sql = Form.text(
    TextForm(
      "an SQL query", plural: "SQL queries", "1 to 2000 characters, not all of them blank", pattern: #"\S"#)
  ) { text in
    text.unicodeScalars.count <= 2000 && text.contains { !$0.isWhitespace } && !text.contains("\0")
  }

  /// Of either scheme; HA131 refuses the open one, and can say why.
  static let url = Form.text(
    TextForm(
      "a URL", plural: "URLs", "https://, a host and a path, without blanks", pattern: #"^https?://[^/\s]+(/\S*)?$"#)
  ) { text in
    guard let scheme = ["https://", "http://"].first(where: { text.hasPrefix($0) }) else { return false }
    let rest = text.dropFirst(scheme.count)
    return !rest.isEmpty && !rest.hasPrefix("/") && text.utf8.count <= 2048
      && rest.utf8.allSatisfy { (0x21...0x7e).contains($0) }
  }

  static let email = Form.text(
    TextForm(
      "an e-mail address", plural: "e-mail addresses", "a name, @ and a domain, as in oncall@example.com",
      pattern: #"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+([.][A-Za-z0-9-]+)+$"#)
  ) { isEmail($0) }

  private static func isEmail(_ text: String) -> Bool {
    let parts = text.split(separator: "@", omittingEmptySubsequences: false)
    guard parts.count == 2, text.utf8.count <= 254 else { return false }
    let labels = parts[1].lowercased().split(separator: ".", omittingEmptySubsequences: false)
    let dots = parts[0].split(separator: ".", omittingEmptySubsequences: false)
    return TextPattern.mailboxInAddress.accepts(String(parts[0])) && !dots.contains("") && labels.count >= 2
      && labels.allSatisfy { TextPattern.label.accepts(String($0)) }
  }

  static let queueARN = arn(
    "a queue's ARN", service: "sqs", rest: "[A-Za-z0-9_.-]{1,80}", example: "sqs:us-east-1:111122223333:alerts"
  ) {
    TextPattern.queueInAddress.accepts(String($0))
  }

  static let functionARN = arn(
    "a function's ARN", service: "lambda", rest: "function:[A-Za-z0-9_:-]+",
    example: "lambda:us-east-1:111122223333:function:pager"
  ) { $0.hasPrefix("function:") && TextPattern.functionInAddress.accepts(String($0.dropFirst(9))) }

  /// IAM is in no region; `aws` is the account of the policies that AWS keeps.
  static let policyARN = Form.text(
    TextForm(
      "a policy's ARN", plural: "ARNs", "as in arn:aws:iam::111122223333:policy/boundary",
      pattern: "^arn:aws[a-z-]*:iam::([0-9]{12}|aws):policy/[A-Za-z0-9+=,.@_/-]+$")
  ) { text in
    let parts = text.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false).map(String.init)
    return parts.count == 6 && parts[0] == "arn" && TextPattern.partitionInAddress.accepts(parts[1])
      && parts[2] == "iam" && parts[3].isEmpty && (parts[4] == "aws" || TextPattern.account.accepts(parts[4]))
      && parts[5].hasPrefix("policy/") && TextPattern.policyInAddress.accepts(String(parts[5].dropFirst(7)))
  }

  /// - Parameters:
  ///   - rest: a regular expression of what comes after the account.
  ///   - accepts: the same as a function.
  private static func arn(
    _ noun: String, service: String, rest: String, example: String, accepts: @escaping @Sendable (Substring) -> Bool
  ) -> Form {
    .text(
      TextForm(
        noun, plural: "ARNs", "as in arn:aws:\(example)",
        pattern: "^arn:aws[a-z-]*:\(service):[a-z0-9-]+:[0-9]{12}:\(rest)$")
    ) { text in
      let parts = text.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
      return parts.count == 6 && parts[0] == "arn" && TextPattern.partitionInAddress.accepts(String(parts[1]))
        && parts[2] == service && isRegion(parts[3]) && TextPattern.account.accepts(String(parts[4]))
        && accepts(parts[5])
    }
  }
}

extension TextPattern {
  fileprivate static let mailboxInAddress = TextPattern(
    "a mailbox", plural: "mailboxes", "1 to 64 characters", "A-Za-z0-9.!#$%&'*+/=?^_`{|}~-", length: 1...64)
  fileprivate static let queueInAddress = TextPattern(
    "a queue", plural: "queues", "1 to 80 characters", "A-Za-z0-9_.-", length: 1...80)
  fileprivate static let functionInAddress = TextPattern(
    "a function", plural: "functions", "1 to 140 characters", "A-Za-z0-9_:-", length: 1...140)
  fileprivate static let policyInAddress = TextPattern(
    "a policy", plural: "policies", "1 to 512 characters", "A-Za-z0-9+=,.@_/-", length: 1...512)
  fileprivate static let partitionInAddress = TextPattern(
    "a partition", plural: "partitions", "aws, aws-cn or aws-us-gov", "a-z-", first: "a", length: 3...16)
}

extension Form where Value == TimeOfDay {
  static let timeOfDay = Form.parsed(
    TextForm(
      "a time of day", plural: "times of day", "in UTC and in quotes, as in \"03:00\"",
      pattern: "^([01][0-9]|2[0-3]):[0-5][0-9]$")
  ) { text in
    if let time = TimeOfDay(text) { return .value(time) }
    return .wrong(suggestion: TimeOfDay("0\(text)") == nil ? nil : "0\(text)")
  } text: {
    "\($0)"
  }
}

extension Form where Value == WeeklyTime {
  static let weeklyTime = Form.parsed(
    TextForm(
      "a time of the week", plural: "times of the week", "in UTC, as in \"Sun 03:00 UTC\"",
      pattern: "^(Mon|Tue|Wed|Thu|Fri|Sat|Sun) ([01][0-9]|2[0-3]):[0-5][0-9] UTC$")
  ) { text in
    if let time = WeeklyTime(text) { return .value(time) }
    let words = text.split(separator: " ")
    guard words.count >= 2 else { return .wrong }
    let tidy = "\(words[0].prefix(1).uppercased())\(words[0].dropFirst().prefix(2).lowercased()) \(words[1]) UTC"
    return .wrong(suggestion: WeeklyTime(tidy) == nil ? nil : tidy)
  } text: {
    "\($0)"
  }
}
