// Command k6 is the unmodified load generator, built from the versions pinned in go.sum.
package main

import "go.k6.io/k6/v2/cmd"

func main() {
	cmd.Execute()
}
