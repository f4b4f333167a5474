// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Blueprint
internal import Core
internal import Spec

extension OperatorPolicies.Mode: ExpressibleByArgument {}

struct IAMCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "iam",
    abstract: "Print the least IAM policies for plan, apply or drill; calls nothing.",
    discussion: """
      One JSON object, each member of which is a managed policy, by the name to give it; a role needs all of them:
      harecon iam apply | jq '."harecon-payments-apply-1"'

      With -boundary it is the policy to bound the stack's own roles with; name its ARN in the spec's permissionsBoundary.
      """)

  @Argument(help: "What is to be run: plan, apply or drill.")
  var mode: OperatorPolicies.Mode

  @OptionGroup var spec: SpecOptions
  @OptionGroup var output: OutputOptions

  @Flag(name: .long, help: "Print the permissions boundary for the stack's own roles instead.")
  var boundary = false

  func run(in context: Context) async throws(Stop) -> ExitCode {
    let (_, stack) = try context.loadSpec(spec)
    let policies = OperatorPolicies(stack, mode)
    if mode == .apply && !boundary && stack.permissionsBoundary == nil { context.tell([.unboundedRoles(of: stack)]) }
    context.console.render(
      IAMReport(
        stack: stack.name, mode: mode, documents: boundary ? [policies.boundary] : policies.documents,
        calls: policies.calls), as: output.format)
    return .done
  }
}

struct IAMReport: Report {
  static let schema = "harecon.iam/v1"

  let stack: String
  let mode: OperatorPolicies.Mode
  let documents: [OperatorPolicies.Document]
  let calls: [OperatorPolicies.Call]

  /// JSON too, but for policies alone.
  func text(_ style: Style) -> String {
    JSON.object(JSONObject(documents.map { (key: $0.name, value: $0.policy) })).text(pretty: true, keys: .kept)
  }

  var json: JSONObject {
    [
      "stack": .string(stack), "mode": .string(mode.rawValue),
      "documents": .array(
        documents.map { ["name": .string($0.name), "characters": .int($0.characters), "policy": $0.policy] }),
      "calls": .object(JSONObject(calls.map { (key: $0.operation, value: .strings($0.actions)) })),
    ]
  }
}

extension Diagnostic {
  fileprivate static func unboundedRoles(of stack: Stack) -> Diagnostic {
    Diagnostic(
      .warning, rule: "cli.unbounded-roles",
      "whoever may write the policies of the roles of \"\(stack.name)\" can give them any right",
      hint: "name a policy's ARN in the spec's permissionsBoundary; \"harecon iam apply -boundary\" prints one")
  }
}
