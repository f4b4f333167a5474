// SPDX-License-Identifier: Apache-2.0

internal import Core
internal import ResourceKit

extension Plan {
  /// What is made, be it in the place of another.
  func made(_ kind: KindName) -> [ResourceChange] {
    changes.filter { change in
      guard change.address.kind == kind else { return false }
      return switch change.action {
      case .create, .replace: true
      case .noOp, .update, .delete: false
      }
    }
  }

  /// How many more of a kind there are while the plan is carried out: what it deletes goes last.
  func added(_ kind: KindName) -> Int {
    made(kind).count { $0.action != .replace(.deleteThenCreate) }
  }

  /// The old and new values of an attribute wherever the plan makes or changes it.
  func changes(of attribute: String, _ kind: KindName) -> [AttributeChange] {
    changes.filter { change in
      guard change.address.kind == kind else { return false }
      return switch change.action {
      case .create, .replace, .update: true
      case .noOp, .delete: false
      }
    }.flatMap { $0.attributes.filter { $0.name == attribute } }
  }
}

extension Graph {
  /// What is desired of a kind, as the kind's author wrote it, by address.
  func wishes<K: ResourceKind>(_ kind: K.Type) -> [(resource: DesiredResource, desired: K.Desired)] {
    ofKind(K.name).map { ($0, $0.typed(K.self)) }
  }
}
