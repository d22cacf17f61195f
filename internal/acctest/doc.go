// Package acctest is what acceptance tests share: the provider that they run, a real
// server for each package, a tree below a path of each test's own, and an independent
// look at what the server holds.
//
//	func TestMain(m *testing.M) { os.Exit(acctest.Main(m)) }
//
//	func TestAccThing_basic(t *testing.T) {
//		tree := acctest.NewTree(t)
//		acctest.Test(t, resource.TestCase{
//			CheckDestroy: tree.CheckGone("/thing"),
//			Steps: []resource.TestStep{{
//				Config: tree.Config(`resource "zookeeper_znode" "thing" { path = "${local.base}/thing" }`),
//			}},
//		})
//	}
//
// Tests run when TF_ACC is set, as everywhere that terraform-plugin-testing is used. They
// need the CLI that TF_ACC_TERRAFORM_PATH names.
//
// It has no tests of a single entity, which are beside the entity's code; those that are here
// run several entities, several runs or the examples.
package acctest
