# One image for the API and the workers. Node runs the TypeScript sources directly.
FROM node:24-slim
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev
COPY api api
COPY worker worker
COPY shared shared
COPY commands commands
ENV NODE_ENV=production HOST=0.0.0.0
USER node
CMD ["node", "api/main.ts"]
