// A storefront's whole flow with a client that oapi-codegen generated.
package main

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"os"
	"time"

	"flow/lastunit"
)

func check(ok bool, what string, seen any) {
	if !ok {
		log.Fatalf("%s: %+v", what, seen)
	}
}

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}

func pointer[T any](value T) *T { return &value }

func main() {
	ctx := context.Background()
	withKey := lastunit.WithRequestEditorFn(func(_ context.Context, request *http.Request) error {
		request.Header.Set("X-Api-Key", os.Getenv("API_KEY"))
		return nil
	})
	client := must(lastunit.NewClientWithResponses(os.Getenv("API_URL"), withKey))
	unique := fmt.Sprintf("oapi-codegen-%d", time.Now().UnixNano())

	var request lastunit.ProductRequest
	variant := lastunit.VariantRequest{Sku: unique, Price: 4900, Currency: "GBP"}
	if err := request.FromClothingProductRequest(lastunit.ClothingProductRequest{
		Title:      "Linen shirt " + unique,
		Attributes: &lastunit.ClothingAttributes{Material: pointer("linen")},
		Variants:   []lastunit.VariantRequest{variant},
	}); err != nil {
		log.Fatal(err)
	}
	created := must(client.ProductsCreateWithResponse(ctx, request))
	check(created.JSON201 != nil, "products.create", string(created.Body))
	product := created.JSON201
	variantId := product.Variants[0].Id
	published := must(client.ProductsPublishWithResponse(ctx, product.Id, nil))
	check(published.JSON200.Status == "published", "products.publish", string(published.Body))

	var adjustment lastunit.AdjustmentRequest
	count := lastunit.AdjustmentToCount{Set: 10, Reason: "delivery"}
	if err := adjustment.FromAdjustmentToCount(count); err != nil {
		log.Fatal(err)
	}
	adjusted := must(client.InventoryAdjustWithResponse(ctx, variantId, nil, adjustment))
	check(adjusted.JSON201.Level.Available == 10, "inventory.adjust", string(adjusted.Body))

	query := lastunit.ProductsListParams{
		ShopId: &product.ShopId, Available: pointer(true), Limit: pointer(1),
	}
	listed := must(client.ProductsListWithResponse(ctx, &query))
	check(listed.JSON200.Items[0].Id == product.Id, "products.list", string(listed.Body))

	lines := []lastunit.CartLineRequest{{VariantId: variantId, Quantity: 2}}
	cart := must(client.CartsCreateWithResponse(ctx, lastunit.CartRequest{
		BuyerId: pointer("buyer-1"), Lines: &lines,
	}))
	check(cart.JSON201 != nil, "carts.create", string(cart.Body))
	accepted := must(client.CheckoutsCreateWithResponse(ctx,
		&lastunit.CheckoutsCreateParams{IdempotencyKey: unique},
		lastunit.CheckoutRequest{CartId: &cart.JSON201.Id}))
	check(accepted.JSON202 != nil, "checkouts.create", string(accepted.Body))

	settled := must(client.CheckoutsGetWithResponse(ctx, accepted.JSON202.Id,
		&lastunit.CheckoutsGetParams{Prefer: pointer("wait=20")}))
	check(settled.JSON200.Status == "placed", "checkouts.get", string(settled.Body))
	orderId := settled.JSON200.Orders[0].Id
	order := must(client.OrdersGetWithResponse(ctx, orderId))
	check(order.JSON200.Total == 9800, "orders.get", string(order.Body))

	payment := "pay-" + unique
	confirm := lastunit.ConfirmRequest{PaymentReference: &payment}
	confirmed := must(client.OrdersConfirmWithResponse(ctx, orderId, confirm))
	check(confirmed.JSON200.Status == "confirmed", "orders.confirm", string(confirmed.Body))

	other := lastunit.ConfirmRequest{PaymentReference: pointer("another payment")}
	refused := must(client.OrdersConfirmWithResponse(ctx, orderId, other))
	problem := refused.ApplicationproblemJSON409
	check(problem != nil && problem.Code == lastunit.ProblemCodeInvalidTransition &&
		*problem.From == "confirmed" && *problem.PaymentReference == payment,
		"the refusal", string(refused.Body))
	fmt.Println("The flow is done.")
}
