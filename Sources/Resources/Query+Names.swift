// SPDX-License-Identifier: Apache-2.0

internal import ResourceKit

extension Query {
  /// The name of the one resource that is asked for, when only one is.
  var focusName: String? {
    focus.flatMap { $0.desired.flatMap(Kind.key(for:)) ?? $0.id }
  }

  /// Whether a listed resource of that name may be the stack's, so that a further call about it is worth making.
  ///
  /// Every name that harecon gives starts with the stack's; a stack whose name starts with another's is told apart by
  /// the tags. A slash stands in names that are paths, as those of secrets.
  func mayOwn(_ name: String) -> Bool {
    name == stack || name.hasPrefix("\(stack)-") || name.hasPrefix("\(stack)/") || wants(name)
  }

  /// Whether the spec wants a resource of that name.
  func wants(_ name: String) -> Bool {
    desired.contains { Kind.key(for: $0) == name }
  }
}
