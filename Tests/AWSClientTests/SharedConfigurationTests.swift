// SPDX-License-Identifier: Apache-2.0

import Core
import Testing

@testable import AWSClient

@Suite("Shared configuration files")
struct SharedConfigurationTests {
  private func parse(_ text: String) throws -> [String: [String: String]] {
    let file = try INIFile(parsing: text, file: "config")
    return Dictionary(uniqueKeysWithValues: file.sections.map { ($0.header, $0.settings) })
  }

  @Test("names are lower case, comments are whole lines, either delimiter ends a name")
  func settings() throws {
    let sections = try parse(
      """
      # a comment
      [profile Dev]
      Region = eu-west-1
      ; another
        # an indented one
      output:json
      sso_start_url = https://x.awsapps.com/start#/
      role_session_name = a # not a comment
      empty =
      """)
    #expect(
      sections == [
        "profile Dev": [
          "region": "eu-west-1", "output": "json", "sso_start_url": "https://x.awsapps.com/start#/",
          "role_session_name": "a # not a comment", "empty": "",
        ]
      ])
  }

  @Test("files from Windows read the same")
  func windows() throws {
    #expect(
      try parse("[default]\r\nregion = us-east-1\r\ns3 =\r\n  a = b\r\n") == [
        "default": ["region": "us-east-1", "s3": "\na = b"]
      ])
  }

  @Test("indented lines belong to the setting above them")
  func nested() throws {
    let sections = try parse(
      """
      [profile dev]
      s3 =
        max_concurrent_requests = 20

        addressing_style = path
      region = eu-west-1
      """)
    let value = try #require(sections["profile dev"]?["s3"])
    #expect(INIFile.nested(value) == ["max_concurrent_requests": "20", "addressing_style": "path"])
    #expect(sections["profile dev"]?["region"] == "eu-west-1")
    #expect(INIFile.nested("plain") == nil)
  }

  @Test(
    "what the AWS command line refuses is refused with its line, and nothing of the line is repeated",
    arguments: [
      ("aws_secret_access_key = hunter2", 1, "before the first section"),
      ("[a]\nhunter2", 2, "neither a section"), ("[a]\nx = hunter2\nX = hunter2", 3, "comes twice"),
      ("[a]\n[a]", 2, "comes twice"), ("[a]\n= hunter2", 2, "neither a section"),
    ])
  func malformed(text: String, line: Int, reason: String) {
    let error = #expect(throws: CallError.self) { try INIFile(parsing: text, file: "credentials") }
    #expect(error?.category == .invalid)
    #expect(error?.message.hasPrefix("credentials:\(line): ") == true)
    #expect(error?.message.contains(reason) == true)
    #expect(error?.message.contains("hunter2") == false)
  }

  @Test("profiles have a prefix in the config file and none in the credentials file, which wins")
  func merging() throws {
    var files = SharedConfiguration()
    files.addConfig(
      try INIFile(
        parsing: """
          [default]
          region = us-east-1
          [profile dev]
          region = eu-west-1
          aws_access_key_id = FROMCONFIG
          [profile "two words"]
          region = eu-west-2
          [bare]
          region = eu-west-3
          [sso-session corp]
          sso_region = us-east-2
          [services local]
          rds =
            endpoint_url = http://127.0.0.1:1
          [plugins]
          x = y
          """, file: "config"))
    files.addCredentials(
      try INIFile(
        parsing: "[dev]\naws_access_key_id = FROMCREDENTIALS\n[only]\naws_access_key_id = A", file: "credentials"))
    #expect(Set(files.profiles.keys) == ["default", "dev", "two words", "only"])
    #expect(files.profiles["dev"] == ["region": "eu-west-1", "aws_access_key_id": "FROMCREDENTIALS"])
    #expect(files.ssoSessions == ["corp": ["sso_region": "us-east-2"]])
    #expect(files.services(of: ["services": "local"]) == ["rds": ["endpoint_url": "http://127.0.0.1:1"]])
    #expect(files.services(of: [:]) == [:])
  }

  @Test(
    "[profile default] goes before [default]",
    arguments: [
      "[default]\nregion = a\n[profile default]\nregion = b", "[profile default]\nregion = b\n[default]\nregion = a",
    ])
  func defaultProfile(text: String) throws {
    var files = SharedConfiguration()
    files.addConfig(try INIFile(parsing: text, file: "config"))
    #expect(files.profiles["default"] == ["region": "b"])
  }

  @Test(
    "words are split as a shell would",
    arguments: [
      ("a b  c", ["a", "b", "c"]), ("'a b' \"c d\"e", ["a b", "c de"]), ("a\\ b", ["a b"]), ("\"a\\\"b\"", ["a\"b"]),
      ("\"a\\b\"", ["a\\b"]), ("'' x", ["", "x"]), ("", []), ("'open", nil), ("\"open", nil), ("end\\", nil),
    ])
  func words(line: String, words: [String]?) {
    #expect(ShellWords.split(line) == words)
  }
}
