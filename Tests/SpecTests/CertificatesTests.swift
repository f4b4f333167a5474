// SPDX-License-Identifier: Apache-2.0

import Core
import Spec
import Testing

@Suite("Certificates in a spec")
struct CertificatesTests {
  private static let block = "-----BEGIN CERTIFICATE-----\nMIIB\nAAAA\n-----END CERTIFICATE-----\n"

  private func reading(_ text: String) throws -> Reading {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { $0.isEmpty ? "" : "    \($0)" }
    let more = "\nfunctions:\n  databaseAuthorities: |\n\(lines.joined(separator: "\n"))\n"
    return SpecFile.read(Array((try Repository.text("specs/minimal.yaml") + more).utf8), file: "spec.yaml")
  }

  @Test(
    "are taken as they are, one or several",
    arguments: [block, block + block, "\(block)\n\(block)", block.replacing("\n", with: " \n")])
  func taken(_ text: String) throws {
    let reading = try reading(text)
    #expect(reading.lines == [])
    let given = try #require(reading.stack?.functions.databaseAuthorities)
    #expect(given.contains("MIIB") && given.hasPrefix("-----BEGIN"))
  }

  @Test(
    "are refused with anything else in between, or without an end",
    arguments: [
      "MIIB", "-----BEGIN CERTIFICATE-----\nMIIB", "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----",
      "-----BEGIN CERTIFICATE-----\nno base 64\n-----END CERTIFICATE-----",
      "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", "\(block)\n# of 2024\n",
      block.replacing("CERTIFICATE", with: "PRIVATE KEY"), "\(block)-----BEGIN PRIVATE KEY-----\nMIIB\n",
      "/etc/ssl/rds.pem",
    ])
  func refused(_ text: String) throws {
    #expect(try reading(text).rules == ["spec.value"])
  }

  @Test("are at most 256 KiB together")
  func size() throws {
    let many = String(repeating: Self.block, count: (256 << 10) / Self.block.utf8.count)
    #expect(try reading(many).stack != nil)
    #expect(try reading(many + Self.block).rules == ["spec.value"])
  }

  @Test("are not written out where one that is wrong is told of")
  func told() throws {
    let key = Self.block.replacing("CERTIFICATE", with: "PRIVATE KEY").replacing("AAAA", with: "secret")
    #expect(!(try reading(key).lines.joined().contains("secret")))
  }
}
