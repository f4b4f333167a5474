// SPDX-License-Identifier: Apache-2.0

// MARK: Names

extension TextPattern {
  package static let stackName = TextPattern(
    "a stack's name", plural: "names", "3 to 20 of a-z, 0-9 and single -, beginning with a letter, ending with neither",
    "a-z0-9-", first: "a-z", last: "a-z0-9", length: 3...20, forbidden: ["--"])

  package static let memberName = TextPattern(
    "a member's name", plural: "names", "1 to 63 of a-z, 0-9 and single -, beginning and ending with a letter or digit",
    "a-z0-9-", first: "a-z0-9", last: "a-z0-9", length: 1...63, forbidden: ["--"])

  package static let account = TextPattern(
    "an account number", plural: "account numbers", "12 digits", "0-9", length: 12...12)

  /// What PostgreSQL takes without quotes and RDS takes at all.
  package static let database = TextPattern(
    "a database name", plural: "database names", "1 to 63 of a-z, 0-9 and _, beginning with a letter",
    "a-z0-9_", first: "a-z", length: 1...63)

  static let user = TextPattern(
    "a user name", plural: "user names", "1 to 63 of a-z, 0-9 and _, beginning with a letter",
    "a-z0-9_", first: "a-z", length: 1...63)

  /// In lower case, as RDS lists them: PostgreSQL does not distinguish cases, and a name in two cases would be one.
  package static let parameterName = TextPattern(
    "a parameter", plural: "parameters", "a-z, 0-9, _ and ., as in `rds.force_ssl`",
    "a-z0-9_.", first: "a-z", last: "a-z0-9_", length: 1...255, forbidden: [".."])

  static let parameterValue = TextPattern(
    "a parameter's value", plural: "values in quotes", "printable ASCII", " -~", length: 0...4096)

  /// The characters that RDS takes, which takes the fewest.
  static let tagKey = TextPattern(
    "a tag's key", plural: "tag keys",
    "1 to 128 letters, digits, spaces and _.:/=+-@, beginning with neither aws: nor harecon:",
    #"\p{L}\p{N}\p{Z}_.:/=+@-"#, length: 1...128, reserved: ["aws:", "harecon:"])

  static let tagValue = TextPattern(
    "a tag's value", plural: "texts", "at most 256 letters, digits, spaces and _.:/=+-@",
    #"\p{L}\p{N}\p{Z}_.:/=+@-"#, length: 0...256, reserved: ["aws:"])

  /// What EC2 takes as the description of a rule.
  package static let ruleDescription = TextPattern(
    "a description", plural: "descriptions", "1 to 255 of a-z, A-Z, 0-9, space and ._-:/()#,@[]+=&;{}!$*",
    #"a-zA-Z0-9 ._:/()#,@\[\]+=&;{}!$*-"#, length: 1...255)

  package static let label = TextPattern(
    "a DNS label", plural: "DNS labels", "1 to 63 of a-z, 0-9 and -, beginning and ending with a letter or digit",
    "a-z0-9-", first: "a-z0-9", last: "a-z0-9", length: 1...63)
}

// MARK: AWS's own names

extension Form where Value == String {
  static let region = Form.text(
    TextForm(
      "a region", plural: "regions", "as in \"us-east-1\"", pattern: "^[a-z]{2}(-[a-z]+)+-[1-9]$")
  ) { isRegion($0[...]) }

  static let zone = Form.text(
    TextForm(
      "an availability zone", plural: "availability zones", "its region and one letter, as in \"us-east-1a\"",
      pattern: "^[a-z]{2}(-[a-z]+)+-[1-9][a-z]$")
  ) { text in
    guard let letter = text.utf8.last, (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(letter) else { return false }
    return isRegion(text.dropLast())
  }

  static let domain = Form.text(
    TextForm(
      "a domain name", plural: "domain names", "labels of a-z, 0-9 and - with dots between, at most 253 characters",
      pattern: #"^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"#)
  ) { text in
    let labels = text.split(separator: ".", omittingEmptySubsequences: false)
    return text.utf8.count <= 253 && labels.allSatisfy { TextPattern.label.accepts(String($0)) }
  }

  static func isRegion(_ text: Substring) -> Bool {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count >= 3, let number = parts.last, number.utf8.count == 1, parts[0].utf8.count == 2 else {
      return false
    }
    return ("1"..."9").contains(number)
      && parts.dropLast().allSatisfy { part in
        !part.isEmpty && part.utf8.allSatisfy { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) }
      }
  }
}

// MARK: Addresses, versions and times

extension Form where Value == CIDR {
  static let cidr = Form.parsed(
    TextForm(
      "an address range", plural: "address ranges", "an address, a slash and a prefix length, as in \"10.20.0.0/16\"",
      pattern: "^[0-9a-fA-F.:]+/[0-9]{1,3}$")
  ) { text in
    guard let (block, isExact) = CIDR.parse(text) else { return .wrong }
    return isExact ? .value(block) : .wrong(suggestion: "\(block)")
  } text: {
    "\($0)"
  }
}

extension Form where Value == IPv4Block {
  static let ipv4 = Form.parsed(
    TextForm(
      "an IPv4 range", plural: "IPv4 ranges", "an address, a slash and a prefix length, as in \"10.20.0.0/16\"",
      pattern: "^([0-9]{1,3}[.]){3}[0-9]{1,3}/[0-9]{1,2}$")
  ) { text in
    guard case (.v4(let block), let isExact)? = CIDR.parse(text) else { return .wrong }
    return isExact ? .value(block) : .wrong(suggestion: "\(block)")
  } text: {
    "\($0)"
  }
}

extension Form where Value == EngineVersion {
  static let version = Form.parsed(
    TextForm(
      "an engine version", plural: "engine versions", "a major and a minor number in quotes, as in \"15.10\"",
      pattern: "^(0|[1-9][0-9]{0,2})[.](0|[1-9][0-9]{0,2})$")
  ) { text in
    EngineVersion(text).map { .value($0) } ?? .wrong
  } text: {
    "\($0)"
  }
}

extension Form where Value == Duration {
  static let duration = Form.parsed(
    TextForm(
      "a duration", plural: "durations", "a whole number and one of ms, s, m, h, d, as in \"10s\" or \"14d\"",
      pattern: "^(0|[1-9][0-9]{0,8})(ms|s|m|h|d)$")
  ) { text in
    if let value = Duration(specText: text) { return .value(value) }
    if Duration(specText: "\(text)s") != nil, text.last?.isNumber == true { return .wrong(suggestion: "\(text)s") }
    let compact = text.filter { $0 != " " }.lowercased()
    return .wrong(suggestion: compact != text && Duration(specText: compact) != nil ? compact : nil)
  } text: {
    $0.specText
  }
}

extension Form where Value == DailyWindow {
  static let dailyWindow = Form.parsed(
    TextForm(
      "a daily window", plural: "daily windows", "two times of day in UTC, as in \"03:00-04:00\"",
      pattern: "^([01][0-9]|2[0-3]):[0-5][0-9]-([01][0-9]|2[0-3]):[0-5][0-9]$")
  ) { text in
    DailyWindow(text).map { .value($0) } ?? .wrong
  } text: {
    "\($0)"
  }
}

extension Form where Value == WeeklyWindow {
  static let weeklyWindow = Form.parsed(
    TextForm(
      "a weekly window", plural: "weekly windows", "two times of the week in UTC, as in \"sun:05:00-sun:06:00\"",
      pattern: "^(mon|tue|wed|thu|fri|sat|sun):([01][0-9]|2[0-3]):[0-5][0-9]"
        + "-(mon|tue|wed|thu|fri|sat|sun):([01][0-9]|2[0-3]):[0-5][0-9]$")
  ) { text in
    if let window = WeeklyWindow(text) { return .value(window) }
    let lowered = text.lowercased()
    return .wrong(suggestion: WeeklyWindow(lowered) != nil ? lowered : nil)
  } text: {
    "\($0)"
  }
}
