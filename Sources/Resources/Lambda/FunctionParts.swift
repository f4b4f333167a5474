// SPDX-License-Identifier: Apache-2.0

internal import Core
internal import ResourceKit

// What the kinds that belong to a function share.

extension Query {
  /// The live functions of the stack, among the parents.
  var ownFunctions: [LambdaFunction.Observed] {
    parents.map { $0.typed(LambdaFunction.self) }.filter { function in
      if case .stack(stack, _) = OwnerTag.owner(function.tags) { true } else { false }
    }
  }

  /// The name that a reference means, also before the engine has resolved it; nil when the function is not there.
  func functionName(_ reference: Input<String>) -> String? {
    switch reference {
    case .given(let name): name
    case .output(let output):
      ownFunctions.first { $0.tags[OwnerTag.id] == output.address.description }?.name
    }
  }
}

extension CallError {
  /// Lambda has one code for what is there already and for what is going on; its words tell them apart.
  var sortedByLambda: CallError {
    guard code == "ResourceConflictException" else { return self }
    let words = message.lowercased()
    guard ["already exist", "functionurlconfig exists"].contains(where: { words.contains($0) }) else { return self }
    var told = self
    told.category = .alreadyExists
    return told
  }
}
