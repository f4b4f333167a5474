// SPDX-License-Identifier: Apache-2.0

package import Core
internal import ResourceKit
internal import Resources
package import Spec

/// What whoever runs harecon for a stack has to be allowed, and no more.
///
/// Made of the operations that the sources say they call: an operation that is new to them is in the policies with
/// `make generate`.
package struct OperatorPolicies: Sendable {
  /// What is run.
  package enum Mode: String, Sendable, CaseIterable {
    /// `plan`, and the observing `reconcile`: looks, and reads no secret.
    case plan
    /// `apply`, the repairing `reconcile`, and `destroy` with the session tag that its guard asks for.
    case apply
    /// Starts, watches and stops experiments.
    case drill
  }

  /// One managed policy.
  package struct Document: Sendable {
    /// A name for it.
    package let name: String
    package let policy: JSON
    /// As IAM counts it against `characterLimit`: without white space.
    package var characters: Int { policy.text().count }
  }

  /// A call and the actions that IAM asks for, `rds DescribeDBClusters` and `["rds:DescribeDBClusters"]`.
  package struct Call: Sendable {
    package let operation: String
    package let actions: [String]
  }

  /// What a managed policy may have (IAM quotas); a role takes ten of them.
  package static let characterLimit = 6144

  private let mode: Mode
  private let scope: Scope
  private let actions: ActionScope

  /// - Precondition: `stack` has passed the rules of the spec.
  package init(_ stack: Stack, _ mode: Mode) {
    self.mode = mode
    scope = Scope(stack)
    actions = ActionScope(scope, attached: Self.attachedPolicies(of: StackBlueprint(stack).graph))
  }

  /// Every operation that is called in this mode, sorted.
  package var calls: [Call] {
    operations.map { operation in
      Call(
        operation: operation.text,
        actions: operation.actions.map { "\(operation.service.prefix):\($0)" }.sorted())
    }
  }

  /// The mode's policies, each within IAM's limit; a role needs all of them.
  package var documents: [Document] {
    let parts = Self.packed(statements)
    return parts.enumerated().map { index, part in
      let number = parts.count == 1 ? "" : "-\(index + 1)"
      return Document(name: "harecon-\(scope.stack.name)-\(mode.rawValue)\(number)", policy: part.json)
    }
  }

  /// What the stack's own roles may do at most, whatever is written into them: a policy for the spec's
  /// `permissionsBoundary`.
  package var boundary: Document {
    Document(name: "harecon-\(scope.stack.name)-boundary", policy: RoleBoundary(scope).policy.json)
  }

  // MARK: Statements

  private var operations: [CalledOperation] {
    let called =
      switch mode {
      case .plan: CalledOperation.all.filter(\.isReading)
      case .apply: CalledOperation.all
      case .drill: CalledOperation.all.filter(\.isReading) + CalledOperation.drill
      }
    return called.sorted { $0.text < $1.text }
  }

  private var statements: [Statement] {
    var accesses = Accesses()
    for operation in operations {
      for action in operation.actions {
        for access in actions.accesses(to: action, of: operation) {
          accesses.add("\(operation.service.prefix):\(action)", access)
        }
      }
    }
    let others =
      switch mode {
      case .plan: [Statement]()
      case .apply: Dependents(actions).statements + DataGuard(scope).statements
      case .drill: [Dependents(actions).serviceLinkedRoles(["fis"])]
      }
    return accesses.statements + others
  }

  /// In order, as many in each as fit.
  private static func packed(_ statements: [Statement]) -> [Policy] {
    var parts: [[Statement]] = []
    for statement in statements {
      if let last = parts.last, Policy(last + [statement]).text.count <= characterLimit {
        parts[parts.count - 1].append(statement)
      } else {
        parts.append([statement])
      }
    }
    return parts.map { Policy($0) }
  }

  private static func attachedPolicies(of graph: Graph) -> [String] {
    guard let index = IAMRole.attributes.firstIndex(where: { $0.schema.name == "attachedPolicies" }) else { return [] }
    return Set(graph.ofKind(IAMRole.name).flatMap { [String]($0.values[index]) ?? [] }).sorted()
  }
}
