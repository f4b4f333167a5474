// SPDX-License-Identifier: Apache-2.0

import Core
import Testing

@testable import Resources

@Suite("policies of functions")
struct FunctionPolicyTests {
  /// As AWS answers it, `AWS:` in capitals and all.
  private static let text = """
    {"Version":"2012-10-17","Id":"default","Statement":[
      {"Sid":"events","Effect":"Allow","Principal":{"Service":"events.amazonaws.com"},"Action":"lambda:InvokeFunction",
       "Resource":"arn:aws:lambda:us-east-1:111122223333:function:payments-coordinator",
       "Condition":{"StringEquals":{"AWS:SourceAccount":"111122223333"},
                    "ArnLike":{"AWS:SourceArn":"arn:aws:events:us-east-1:111122223333:rule/payments-failover"}}},
      {"Sid":"url","Effect":"Allow","Principal":"*","Action":"lambda:InvokeFunctionUrl","Resource":"x",
       "Condition":{"StringEquals":{"lambda:FunctionUrlAuthType":"NONE"}}},
      {"Sid":"through-url","Effect":"Allow","Principal":"*","Action":"lambda:InvokeFunction","Resource":"x",
       "Condition":{"Bool":{"lambda:InvokedViaFunctionUrl":"true"}}},
      {"Sid":"account","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::444455556666:root"},
       "Action":"lambda:InvokeFunction","Resource":"x","Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}}},
      {"Sid":"role","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::444455556666:role/caller"},
       "Action":"lambda:InvokeFunction","Resource":"x"}]}
    """

  @Test("statements are read in the form in which they are asked for")
  func statements() throws {
    let found = FunctionPolicy(try JSON(parsing: Self.text)).statements
    #expect(found.map(\.id) == ["events", "url", "through-url", "account", "role"])
    #expect(
      found.map(\.principal) == [
        "events.amazonaws.com", "*", "*", "444455556666", "arn:aws:iam::444455556666:role/caller",
      ])
    #expect(found[0].sourceAccount == "111122223333")
    #expect(found[0].sourceARN == "arn:aws:events:us-east-1:111122223333:rule/payments-failover")
    #expect(found.map(\.urlAuthType) == [nil, "NONE", nil, nil, nil])
    #expect(found.map(\.onlyThroughURL) == [false, false, true, false, false])
    #expect(found.map(\.organization) == [nil, nil, nil, "o-a1b2c3d4e5", nil])
  }

  @Test("one statement may stand without a list")
  func single() throws {
    let text =
      #"{"Statement":{"Sid":"a","Principal":{"Service":["sns.amazonaws.com"]},"Action":["lambda:InvokeFunction"]}}"#
    let found = FunctionPolicy(try JSON(parsing: text)).statements
    #expect(found.map(\.principal) == ["sns.amazonaws.com"])
    #expect(found.map(\.action) == ["lambda:InvokeFunction"])
  }

  @Test(
    "a function's name is read off its ARN",
    arguments: [
      ("arn:aws:lambda:us-east-1:111122223333:function:payments-probe", "payments-probe"),
      ("arn:aws:lambda:us-east-1:111122223333:function:payments-probe:$LATEST", "payments-probe"),
      ("arn:aws:lambda:us-east-1:111122223333:event-source-mapping:1", nil), ("payments-probe", nil),
    ])
  func names(_ arn: String, _ name: String?) {
    #expect(LambdaFunction.functionName(arn) == name)
  }

  @Test("the policy of one function is changed once at a time, those of two at once", .timeLimit(.minutes(1)))
  func turns() async {
    let turns = FunctionTurns()
    let watch = Watch()
    let failures = await withTaskGroup(of: Bool.self) { group in
      for number in 0..<40 {
        group.addTask {
          do throws(CallError) {
            try await turns.take(number.isMultiple(of: 2) ? "a" : "b") { () async throws(CallError) in
              watch.begin(number)
              for _ in 0..<5 { await Task.yield() }
              watch.end(number)
              if number == 7 { throw CallError(.conflict, code: "ResourceConflictException", message: "once") }
            }
            return false
          } catch {
            return true
          }
        }
      }
      return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
    }
    #expect(failures == 1, "a failure gives the turn away too")
    #expect(watch.ended == 40)
    #expect(watch.most == [1, 1])
  }

  /// Counts, for even and for odd numbers, how many are under way.
  private final class Watch: Sendable {
    private let state = Guarded((running: [0, 0], most: [0, 0], ended: 0))

    var most: [Int] { state.withLock(\.most) }
    var ended: Int { state.withLock(\.ended) }

    func begin(_ number: Int) {
      state.withLock { state in
        state.running[number % 2] += 1
        state.most[number % 2] = max(state.most[number % 2], state.running[number % 2])
      }
    }

    func end(_ number: Int) {
      state.withLock { state in
        state.running[number % 2] -= 1
        state.ended += 1
      }
    }
  }
}
