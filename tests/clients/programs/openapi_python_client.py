"""A storefront's whole flow with a client that openapi-python-client generated."""

import os
import time

from lastunit_client import AuthenticatedClient
from lastunit_client.api.carts import carts_create
from lastunit_client.api.catalog import products_create, products_list, products_publish
from lastunit_client.api.checkouts import checkouts_create, checkouts_get
from lastunit_client.api.inventory import inventory_adjust
from lastunit_client.api.orders import orders_confirm, orders_get
from lastunit_client.models import (
    AdjustmentToCount,
    CartLineRequest,
    CartRequest,
    CheckoutRequest,
    ClothingAttributes,
    ClothingProductRequest,
    ClothingProductRequestType,
    ConfirmRequest,
    Order,
    Problem,
    ProblemCode,
    Product,
    VariantRequest,
    VariantRequestCurrency,
)

client = AuthenticatedClient(
    base_url=os.environ["API_URL"],
    token=os.environ["API_KEY"],
    prefix="",
    auth_header_name="X-Api-Key",
)
unique = f"openapi-python-client-{time.time_ns()}"

product = products_create.sync(
    client=client,
    body=ClothingProductRequest(
        title=f"Linen shirt {unique}",
        type_=ClothingProductRequestType.CLOTHING,
        attributes=ClothingAttributes(material="linen"),
        variants=[VariantRequest(sku=unique, price=4900, currency=VariantRequestCurrency.GBP)],
    ),
)
assert isinstance(product, Product), product
variant_id = product.variants[0].id
published = products_publish.sync(product.id, client=client)
assert isinstance(published, Product) and published.status == "published", published

adjusted = inventory_adjust.sync(
    variant_id, client=client, body=AdjustmentToCount(set_=10, reason="delivery")
)
assert not isinstance(adjusted, Problem) and adjusted.level.available == 10, adjusted

listed = products_list.sync(client=client, shop_id=product.shop_id, available=True, limit=1)
assert not isinstance(listed, Problem) and listed.items[0].id == product.id, listed

lines = [CartLineRequest(variant_id=variant_id, quantity=2)]
cart = carts_create.sync(client=client, body=CartRequest(buyer_id="buyer-1", lines=lines))
assert not isinstance(cart, Problem) and cart.subtotal == 9800, cart
accepted = checkouts_create.sync(
    client=client, idempotency_key=unique, body=CheckoutRequest(cart_id=cart.id)
)
assert not isinstance(accepted, Problem) and accepted.status == "queued", accepted

settled = checkouts_get.sync(accepted.id, client=client, prefer="wait=20")
assert not isinstance(settled, Problem) and settled.status == "placed", settled
order_id = settled.orders[0].id
order = orders_get.sync(order_id, client=client)
assert isinstance(order, Order) and order.total == 9800, order

payment = f"pay-{unique}"
confirmed = orders_confirm.sync(
    order_id, client=client, body=ConfirmRequest(payment_reference=payment)
)
assert isinstance(confirmed, Order) and confirmed.status == "confirmed", confirmed

problem = orders_confirm.sync(
    order_id, client=client, body=ConfirmRequest(payment_reference="another payment")
)
assert isinstance(problem, Problem), problem
assert problem.code == ProblemCode.INVALID_TRANSITION, problem
assert problem.from_ == "confirmed" and problem.payment_reference == payment, problem
print("The flow is done.")
