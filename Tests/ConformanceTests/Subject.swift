// SPDX-License-Identifier: Apache-2.0

import Core
import Foundation
import ResourceKit
import Resources
import Testing

/// A kind of the registry, as an argument of a test.
struct Subject: Sendable, CustomTestStringConvertible {
  let kind: any Sampled.Type

  var name: KindName { kind.name }
  var testDescription: String { name.description }

  func sample(in stage: Stage) -> Sample { kind.sample(in: stage) }

  /// Every kind of the registry that has a sample; a test sees to it that none has not.
  ///
  /// `KINDS=cloudwatch/ swift test --filter ConformanceTests` tries only those whose names begin so.
  static let all: [Subject] = {
    let wanted = ProcessInfo.processInfo.environment["KINDS"] ?? ""
    return Registry.all.filter { $0.name.description.hasPrefix(wanted) }.compactMap { kind in
      (kind as? any Sampled.Type).map(Subject.init)
    }
  }()

  static let unsampled: [KindName] = Registry.all.filter { !($0 is any Sampled.Type) }.map { $0.name }
}

extension Sample {
  /// The sample, or one of its others, with all that belongs to it.
  func resources(_ desired: DesiredResource? = nil) -> [DesiredResource] {
    needs + beside + [desired ?? self.desired]
  }
}
