// SPDX-License-Identifier: Apache-2.0

package import Core

/// A profile's settings, names in lower case; nested settings as text, as they stand.
package typealias Profile = [String: String]

/// What `~/.aws/config` and `~/.aws/credentials` say together.
package struct SharedConfiguration: Sendable, Hashable {
  /// A profile that is in both files has the settings of both; the credentials file wins.
  package private(set) var profiles: [String: Profile] = [:]
  /// `[sso-session NAME]`
  package private(set) var ssoSessions: [String: [String: String]] = [:]
  /// `[services NAME]`: service → its settings.
  package private(set) var services: [String: [String: [String: String]]] = [:]

  package init() {}

  /// Reads the files that `AWS_CONFIG_FILE` and `AWS_SHARED_CREDENTIALS_FILE` name, or those in the home directory. A file
  /// that is not there counts as empty; one that cannot be read or parsed is an error.
  package init(environment: [String: String], home: String?) throws(CallError) {
    func path(_ variable: String, _ standard: String) -> String? {
      if let path = environment[variable].nonEmpty { return path.expandingTilde(home: home) }
      return home.map { "\($0)/.aws/\(standard)" }
    }
    if let path = path("AWS_CONFIG_FILE", "config"), let text = try TextFile.read(path) {
      addConfig(try INIFile(parsing: text, file: path))
    }
    if let path = path("AWS_SHARED_CREDENTIALS_FILE", "credentials"), let text = try TextFile.read(path) {
      addCredentials(try INIFile(parsing: text, file: path))
    }
  }

  /// In the configuration file a profile's section is `[profile NAME]`, or `[default]`; `[profile default]` goes before that.
  package mutating func addConfig(_ file: INIFile) {
    var plainDefault: Profile?
    for section in file.sections {
      if section.header == "default" {
        plainDefault = section.settings
        continue
      }
      guard let (type, name) = Self.typedHeader(section.header) else { continue }
      switch type {
      case "profile": profiles[name] = section.settings
      case "sso-session": ssoSessions[name] = section.settings
      case "services": services[name] = section.settings.compactMapValues(INIFile.nested)
      // A section of another program.
      default: continue
      }
    }
    if profiles["default"] == nil, let plainDefault { profiles["default"] = plainDefault }
  }

  /// In the credentials file a profile's section is its bare name.
  package mutating func addCredentials(_ file: INIFile) {
    for section in file.sections {
      profiles[section.header, default: [:]].merge(section.settings) { _, credentials in credentials }
    }
  }

  /// The `services` section that a profile refers to, by service; empty when it refers to none.
  package func services(of profile: Profile?) -> [String: [String: String]] {
    profile?["services"].flatMap { services[$0] } ?? [:]
  }

  /// `profile "my dev"` → (profile, my dev).
  private static func typedHeader(_ header: String) -> (type: String, name: String)? {
    guard let words = ShellWords.split(header), words.count == 2 else { return nil }
    return (words[0], words[1])
  }
}

extension String {
  func expandingTilde(home: String?) -> String {
    guard let home, self == "~" || hasPrefix("~/") else { return self }
    return home + dropFirst()
  }
}
