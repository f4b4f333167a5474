// SPDX-License-Identifier: Apache-2.0

import Core
import Foundation
import ResourceKit
import Testing

@testable import Resources
@testable import docgen

@Suite struct KindsPageTests {
  private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  @Test("docs/kinds.md is what the kinds say; otherwise run: make generate")
  func pageIsFresh() throws {
    let written = try String(contentsOf: Self.root.appending(path: Docgen.path), encoding: .utf8)
    #expect(written == KindsPage(Registry.all, try KindSources(root: Self.root)).text)
  }

  @Test("every kind has a doc comment and says what it calls")
  func kindsAreDocumented() throws {
    let sources = try KindSources(root: Self.root)
    for kind in Registry.all {
      let entry = try #require(sources[kind.name], "\(kind.name)")
      #expect(!entry.comment.isEmpty, "\(kind.name)")
      #expect(!entry.operations.isEmpty, "\(kind.name)")
    }
  }

  @Test("every kind in the folder is in the registry; otherwise run: make generate")
  func registryIsFresh() throws {
    let folder = Self.root.appending(path: "Sources/Resources")
    let paths = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []
    let marker = "static let name: KindName = \""
    let names = try paths.filter { $0.hasSuffix(".swift") }.flatMap { path in
      try String(contentsOf: folder.appending(path: path), encoding: .utf8).split(separator: "\n")
        .filter { $0.contains(marker) }.compactMap { $0.split(separator: "\"").dropFirst().first.map(String.init) }
    }
    #expect(Set(names) == Set(Registry.all.map { $0.name.description }))
  }

  @Test("a doc comment ends at the declaration and keeps its paragraphs")
  func comments() {
    let sources = KindSources(texts: [
      """
      // aws: ec2 CreateVpc DescribeVpcs
      // aws: kms ListAliases

      /// Of something else.

      /// A network.
      ///
      /// With a second paragraph.
      package enum VPC: ResourceKind {
        package static let name: KindName = "ec2/vpc"
      }
      """
    ])
    #expect(
      sources["ec2/vpc"]
        == .init(
          comment: "A network.\n\nWith a second paragraph.",
          operations: ["ec2 CreateVpc", "ec2 DescribeVpcs", "kms ListAliases"]))
  }
}
