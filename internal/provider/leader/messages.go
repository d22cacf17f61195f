package leader

import (
	"fmt"

	"terraform-provider-zookeeper/internal/provider/attr"
)

// otherRecipe tells that those who stand for an election use another recipe than asked for.
func otherRecipe(path string, err error) string {
	return fmt.Sprintf("The contenders at %s are not of the recipe that the data source reads. %s\n\nSet recipe to what they use: leader_latch, leader_selector or election.", attr.Quoted(path), attr.Sentence(err))
}
