// Package zktest starts real ZooKeeper servers and ensembles for tests, and puts faults on the wire between them and a
// client. It imports the standard library alone, and nothing of the client that it helps to test.
//
// A test takes a server of its own:
//
//	server := zktest.StartServer(t, zktest.WithSystemProperty("zookeeper.extendedTypesEnabled", "true"))
//	client := dial(server.Addr())
//
// A package whose tests share one starts it in TestMain, where goleak is told of the goroutine that waits for the
// server's end:
//
//	func TestMain(m *testing.M) {
//		server, err := zktest.Start(context.Background())
//		if err != nil {
//			log.Fatal(err)
//		}
//		goleak.VerifyTestMain(m, goleak.IgnoreCurrent(), goleak.Cleanup(func(code int) {
//			_ = server.Close()
//			os.Exit(code)
//		}))
//	}
//
// What there is:
//
//   - [StartServer], [Start]: one standalone server, which can be stopped, killed, paused and restarted with its data.
//   - [StartEnsemble], [NewEnsemble]: several that elect a leader.
//   - [StartProxy]: a proxy that knows ZooKeeper's framing: it cuts connections before or after a chosen request, holds
//     a chosen reply or all traffic back, refuses connections, and counts what was really sent. [Is], [IsCreate] and the like
//     choose the request.
//   - [StartPeer]: a scripted peer for what no real server can be made to do, with [ReadFrame] and [WriteFrame].
//   - [StartKDC], [WithKerberosLogin], [WithDigestLogin], [RequireSASL]: servers that authenticate by SASL, and a real
//     Kerberos KDC. Its programs are those of the machine, else those that tools/kerberos/fetch lays under .kerberos.
//   - [NewKazoo], [NewCurator]: clients of kazoo and of Apache Curator, from what "make kazoo curator" fetches.
//   - [Versions]: the releases that the project is tested against, for conformance tests to run on each.
//
// Servers listen on loopback only, on ports below the range that operating systems hand out by themselves. They run
// from the distribution that "make zookeeper" lays under .zookeeper, of the release named by the environment variable
// ZOOKEEPER_VERSION, else of the default one. Whatever ends the test binary, a panic or SIGKILL included, its servers
// end with it and their data is removed. Signals and sh make this a package for Unix.
package zktest
