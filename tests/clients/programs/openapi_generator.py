"""A storefront's whole flow with a Python client that openapi-generator generated."""

import os
import time

import lastunit_client as lastunit

configuration = lastunit.Configuration(
    host=os.environ["API_URL"], api_key={"apiKey": os.environ["API_KEY"]}
)
client = lastunit.ApiClient(configuration)
catalog = lastunit.CatalogApi(client)
orders = lastunit.OrdersApi(client)
checkouts = lastunit.CheckoutsApi(client)
unique = f"openapi-generator-{time.time_ns()}"

product = catalog.products_create(
    lastunit.ProductRequest(
        lastunit.ClothingProductRequest(
            title=f"Linen shirt {unique}",
            type="clothing",
            attributes=lastunit.ClothingAttributes(material="linen"),
            variants=[lastunit.VariantRequest(sku=unique, price=4900, currency="GBP")],
        )
    )
)
variant_id = product.variants[0].id
assert catalog.products_publish(product.id).status == "published"

adjusted = lastunit.InventoryApi(client).inventory_adjust(
    variant_id,
    adjustment_request=lastunit.AdjustmentRequest(
        lastunit.AdjustmentToCount(set=10, reason="delivery")
    ),
)
assert adjusted.level.available == 10, adjusted

listed = catalog.products_list(shop_id=product.shop_id, available=True, limit=1)
assert listed.items[0].id == product.id, listed

lines = [lastunit.CartLineRequest(variant_id=variant_id, quantity=2)]
cart = lastunit.CartsApi(client).carts_create(
    cart_request=lastunit.CartRequest(buyer_id="buyer-1", lines=lines)
)
assert cart.subtotal == 9800, cart
accepted = checkouts.checkouts_create(unique, lastunit.CheckoutRequest(cart_id=cart.id))
assert accepted.status == "queued", accepted

settled = checkouts.checkouts_get(accepted.id, prefer="wait=20")
assert settled.status == "placed", settled
order_id = settled.orders[0].id
assert orders.orders_get(order_id).total == 9800

payment = f"pay-{unique}"
confirmed = orders.orders_confirm(
    order_id, confirm_request=lastunit.ConfirmRequest(payment_reference=payment)
)
assert confirmed.status == "confirmed", confirmed

try:
    another = lastunit.ConfirmRequest(payment_reference="another payment")
    orders.orders_confirm(order_id, confirm_request=another)
    raise AssertionError("the second payment was not refused")
except lastunit.exceptions.ConflictException as refused:
    problem = refused.data
    assert isinstance(problem, lastunit.Problem), problem
    assert problem.code == lastunit.ProblemCode.INVALID_TRANSITION, problem
    assert problem.var_from == "confirmed", problem
    assert problem.payment_reference == payment, problem
print("The flow is done.")
