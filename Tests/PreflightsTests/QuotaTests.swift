// SPDX-License-Identifier: Apache-2.0

import Core
import Testing

@testable import Preflights
@testable import Resources

@Suite("Quotas")
struct QuotaTests {
  private static let room = DatabaseQuotas.Usage(used: 0, most: 40)
  private static let database = [
    "DBClusters", "DBInstances", "DBClusterParameterGroups", "DBParameterGroups", "DBSubnetGroups",
  ]

  @Test("what just fits is enough, and one less is not", arguments: zip([37, 38], [0, 1]))
  func instances(used: Int, problems: Int) throws {
    let graph = try Reference.graph()
    var answer = Dictionary(uniqueKeysWithValues: Self.database.map { ($0, Self.room) })
    answer["DBInstances"]?.used = used
    let found = try #require(DatabaseQuotas(graph)).judge(answer, Prospect(plan: Reference.making(graph)))
    #expect(found.count == problems)
    guard let first = found.first else { return }
    #expect(first.message == "the account may have 40 DB instances and has 38: the plan needs 3 more")
    #expect(first.severity == .error && first.rule == "preflight.quota")
    #expect(
      first.hint?.hasSuffix("--service-code rds --quota-code L-7B6409FD --desired-value 41 --region us-east-1") == true)
  }

  @Test("each group is counted by its own quota", arguments: database)
  func groups(attribute: String) throws {
    let graph = try Reference.graph()
    var answer = Dictionary(uniqueKeysWithValues: Self.database.map { ($0, Self.room) })
    answer[attribute] = .init(used: 50, most: 50)
    let found = try #require(DatabaseQuotas(graph)).judge(answer, Prospect(plan: Reference.making(graph)))
    #expect(found.count == 1)
  }

  @Test("what AWS does not tell stands against nothing")
  func silent() throws {
    let graph = try Reference.graph()
    #expect(try #require(DatabaseQuotas(graph)).judge([:], Prospect(plan: Reference.making(graph))) == [])
  }

  @Test("what is on its way out leaves its place to what comes in its stead")
  func leaving() throws {
    let question = try #require(DatabaseQuotas(try Reference.graph()))
    let plan = Reference.plan([try change("rds/instance.c", .create)])
    let full = ["DBInstances": DatabaseQuotas.Usage(used: 3, most: 3)]
    let gone = [KindName("rds/instance"): [observation("payments-a"), observation("payments-c", .leaving("deleting"))]]
    #expect(question.judge(full, Prospect(plan: plan)).count == 1)
    #expect(question.judge(full, Prospect(plan: plan, seen: gone)) == [])
  }

  @Test("a network is counted with all that the listing shows")
  func networks() throws {
    let graph = try Reference.graph()
    let question = try #require(NetworkQuota(graph))
    func found(_ networks: Int, of most: Int) -> [Diagnostic] {
      let seen = [KindName("ec2/vpc"): (0..<networks).map { observation("vpc-\($0)") }]
      return question.judge(most, Prospect(plan: Reference.making(graph), seen: seen))
    }
    #expect(found(4, of: 5) == [])
    #expect(found(5, of: 5).first?.hint?.contains("L-F678F1CE --desired-value 6") == true)
    #expect(!question.matters(to: Reference.leaving(graph)))
  }

  @Test("a network that another account shares counts as that account's")
  func sharedNetworks() throws {
    let graph = try Reference.graph()
    let question = try #require(NetworkQuota(graph))
    let plan = Reference.making(graph)
    func network(_ id: String, of account: String) -> Observation {
      let observed = VPC.Observed(
        id: id, cidr: "10.0.0.0/16", state: "available", dnsSupport: true, dnsHostnames: true, tags: [:],
        account: account)
      return Observation(
        id: id, key: nil, owner: .nobody, values: [], outputs: [:], health: .ready, opaque: observed)
    }
    let shared = (0..<4).map { network("vpc-\($0)", of: "999988887777") }
    let seen = [VPC.name: shared + [network("vpc-default", of: plan.account)]]
    #expect(question.judge(5, Prospect(plan: plan, seen: seen)) == [])
    #expect(question.judge(1, Prospect(plan: plan, seen: seen)).count == 1)
  }

  @Test("what is global is asked for where its partition keeps it")
  func home() {
    let quota = Quota(service: "iam", code: "L-FE177D64", name: "IAM roles", isGlobal: true)
    let homes = ["eu-west-1": "us-east-1", "us-gov-east-1": "us-gov-west-1", "cn-northwest-1": "cn-north-1"]
    for (region, home) in homes {
      #expect(quota.request(for: 1, in: region).hasSuffix("--region \(home)"))
    }
  }

  @Test("roles are counted")
  func roles() throws {
    let graph = try Reference.graph()
    let question = try #require(RoleQuota(graph))
    let wanted = graph.ofKind("iam/role").count
    #expect(wanted > 5)
    let prospect = Prospect(plan: Reference.making(graph))
    #expect(question.judge(.init(used: 1000 - wanted, most: 1000), prospect) == [])
    let found = question.judge(.init(used: 1001 - wanted, most: 1000), prospect)
    #expect(found.first?.hint?.hasSuffix("--desired-value 1001 --region us-east-1") == true)
  }

  @Test("policies of CloudWatch Logs are counted with everybody's, and no command asks for more")
  func logPolicies() throws {
    let graph = try Reference.graph()
    let question = try #require(LogPolicyQuota(graph))
    func found(_ policies: Int) -> [Diagnostic] {
      let seen = [KindName("logs/resource-policy"): (0..<policies).map { observation("policy-\($0)") }]
      return question.judge((), Prospect(plan: Reference.making(graph), seen: seen))
    }
    #expect(found(9) == [])
    #expect(found(10).map(\.severity) == [.error])
    #expect(found(10).first?.message.contains("takes 10 resource policies of CloudWatch Logs and has 10") == true)
    #expect(found(10).first?.hint?.contains("service-quotas") == false)
    #expect(!question.matters(to: Reference.leaving(graph)))
  }

  @Test("rules are asked about only when there are more than every account may have")
  func rules() throws {
    func spec(_ clients: Int) -> (String) -> String {
      { text in
        let more = (0..<clients).map { "    - {cidr: 10.\(100 + $0).0.0/16, description: client \($0)}\n" }.joined()
        return text.replacing("    - {cidr: 10.40.0.0/16, description: payments api}\n", with: more)
      }
    }
    #expect(RuleQuota(try Reference.graph(spec(59))) == nil, "59 clients and the functions")
    let graph = try Reference.graph(spec(60))
    let question = try #require(RuleQuota(graph))
    let prospect = Prospect(plan: Reference.making(graph))
    #expect(question.judge(61, prospect) == [])
    let found = try #require(question.judge(60, prospect).first)
    #expect(found.address?.description == "ec2/security-group-rules.database")
    #expect(found.message.contains("61 rules") && found.hint?.contains("L-0EA8095F --desired-value 61") == true)
    #expect(!question.matters(to: Reference.leaving(graph)))
  }

  @Test("what takes the place of something that goes first needs no more room")
  func replaced() throws {
    let first = Reference.plan([try change("rds/instance.a", .replace(.deleteThenCreate))])
    let last = Reference.plan([try change("rds/instance.a", .replace(.createThenDelete))])
    #expect(first.added("rds/instance") == 0 && last.added("rds/instance") == 1)
    #expect(first.made("rds/instance").count == 1)
  }
}
