// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Blueprint
internal import Core
internal import Engine

struct GraphCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "graph", abstract: "Show the stack's resources and what needs what; calls nothing.")

  @OptionGroup var spec: SpecOptions

  enum Form: String, ExpressibleByArgument, CaseIterable {
    case dot
    case mermaid
    case json
  }

  @Option(name: [.short, .customLong("output")], help: "Form of the answer: dot, mermaid or json.")
  var output: Form = .dot

  @Flag(name: .long, help: "The same as -o json.")
  var json = false

  func run(in context: Context) async throws(Stop) -> ExitCode {
    let (_, stack) = try context.loadSpec(spec)
    let graph = StackBlueprint(stack).graph
    switch json ? .json : output {
    case .dot: context.console.answer(Diagram(graph).dot)
    case .mermaid: context.console.answer(Diagram(graph).mermaid)
    case .json: context.console.render(GraphReport(graph: graph), as: .json)
    }
    return .done
  }
}

/// The desired graph: addresses and what each needs.
struct GraphReport: Report {
  static let schema = "harecon.graph/v1"
  let graph: Core.Graph

  func text(_ style: Style) -> String {
    graph.sorted.map { "\($0.address): \($0.needs.sorted().map(\.description).joined(separator: " "))" }
      .joined(separator: "\n")
  }

  var json: JSONObject {
    [
      "stack": .string(graph.stack),
      "resources": .array(
        graph.sorted.map {
          ["address": .string($0.address.description), "needs": .strings($0.needs.sorted().map(\.description))]
        }),
    ]
  }
}
